import { Alert } from '@mantine/core';
import { Pause, Trash2 } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Time } from '../../components/time.js';
import { useNow } from '../../search/use-now.js';
import { BAD_ALERT, WARN_ALERT } from '../../components/alert-colors.js';
import { isRestorable, type TenantDetails } from './tenant.js';

// Loaded on demand.
const PurgeProgress = lazy(() => import('./purge-progress.js'));

const REFRESH_MS = 15_000;

/** Why nothing is sent to the webhooks of a tenant. Nothing while it is active. */
export function TenantAlert({ tenant }: { tenant: TenantDetails }) {
  switch (tenant.status) {
    case 'active':
      return null;
    case 'suspended':
      return <Suspension tenant={tenant} />;
    case 'deleted':
      return <Deletion tenant={tenant} />;
  }
}

function Suspension({ tenant }: { tenant: TenantDetails }) {
  const { suspendedAt, suspendedByName, suspendReason } = tenant;
  return (
    <Alert
      classNames={WARN_ALERT}
      title={`Suspended by ${suspendedByName || 'an unnamed key'}`}
      icon={<Pause size={18} aria-hidden />}
      role="status"
    >
      {suspendReason === 'manual' ? 'No reason was given.' : `Reason: ${suspendReason}.`} Since{' '}
      <Time at={suspendedAt} />, nothing is sent to its webhooks and no events are accepted.
    </Alert>
  );
}

function Deletion({ tenant }: { tenant: TenantDetails }) {
  const { deletedAt, purgeAt } = tenant;
  const now = useNow(REFRESH_MS);
  return (
    <Alert classNames={BAD_ALERT} title="Deleted" icon={<Trash2 size={18} aria-hidden />} role="status">
      Deleted on <Time at={deletedAt} />. Nothing is sent or accepted, and its API keys and portal links do
      not work.{' '}
      {isRestorable(tenant, now) ? (
        <>
          You can restore it until <Time at={purgeAt} /> (<Time at={purgeAt} relative />
          ). Then its data is purged.
        </>
      ) : (
        <>
          It cannot be restored any more: its data is being purged.
          <Suspense>
            <PurgeProgress tenantId={tenant.id} />
          </Suspense>
        </>
      )}
    </Alert>
  );
}
