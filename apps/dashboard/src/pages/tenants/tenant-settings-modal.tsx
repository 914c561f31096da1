import { Modal, Skeleton } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { api } from '../../api/api.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import type { Tenant } from './tenant.js';

// Loaded on demand.
const TenantSettingsForm = lazy(() => import('./tenant-settings-form.js'));

const FORM_HEIGHT = 560;

interface TenantSettingsModalProps {
  /** Null closes the modal. */
  tenant: Tenant | null;
  onClose: () => void;
}

/** Shows the quotas and the usage of a tenant, and changes its settings. */
export function TenantSettingsModal({ tenant, onClose }: TenantSettingsModalProps) {
  return (
    <Modal
      opened={tenant !== null}
      onClose={onClose}
      title={`Settings of ${tenant?.name ?? ''}`}
      size="lg"
      closeOnClickOutside={false}
    >
      {tenant && <Settings id={tenant.id} onClose={onClose} />}
    </Modal>
  );
}

function Settings({ id, onClose }: { id: string; onClose: () => void }) {
  const [openedAt] = useState(Date.now);
  const query = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id } } },
    { refetchOnMount: 'always' },
  );
  const { data, dataUpdatedAt } = query;
  // The form starts with current values, and keeps its input if a later refetch fails.
  if (!data || dataUpdatedAt < openedAt) {
    return <QueryPlaceholder query={query} heights={[FORM_HEIGHT]} />;
  }
  return (
    <Suspense fallback={<Skeleton height={FORM_HEIGHT} />}>
      <TenantSettingsForm tenant={data} onClose={onClose} />
    </Suspense>
  );
}
