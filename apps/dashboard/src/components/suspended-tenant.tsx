import { Alert } from '@mantine/core';
import { Pause } from 'lucide-react';
import { api } from '../api/api.js';
import { useCan, useSeesAllTenants } from '../api/session.js';
import { SYSTEM_SCOPE, SYSTEM_TENANT_ID } from '../api/system-scope.js';
import { useShowsTenants } from '../search/use-listed-tenant.js';
import classes from './suspended-tenant.module.css';
import { TenantName } from './tenant-name.js';
import { TextLink } from './text-link.js';
import { t } from '../i18n/t.js';

const REFRESH_MS = 60_000;

/** Says that a tenant is suspended. Nothing while it is active, and without a tenant. */
export function SuspendedTenant({ tenantId }: { tenantId: string | undefined }) {
  const seesAllTenants = useSeesAllTenants();
  const scopes = [useCan('webhooks:read'), useCan('events:read'), useCan('deliveries:read')];
  const isTenant = tenantId !== undefined && tenantId !== SYSTEM_SCOPE && tenantId !== SYSTEM_TENANT_ID;
  const { data } = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id: tenantId ?? '' } } },
    { enabled: isTenant && scopes.includes(true), refetchInterval: REFRESH_MS },
  );
  if (data?.status !== 'suspended') return null;
  return (
    <Alert
      classNames={{ root: classes.alert, title: classes.title, icon: classes.icon }}
      title={t('Deliveries are suspended by the operator')}
      icon={<Pause size={18} aria-hidden />}
      role="status"
      mb="md"
    >
      {t('Nothing is sent to webhooks, and no events are accepted.')}{' '}
      {seesAllTenants && (
        <TextLink to="/tenants/$tenantId" params={{ tenantId: data.id }} inherit>
          <TenantName id={data.id} />
        </TextLink>
      )}
    </Alert>
  );
}

/** As `SuspendedTenant`, for a page of something that has a tenant, while the pages show all tenants. */
export function SuspendedTenantOf({ tenantId }: { tenantId: string }) {
  return useShowsTenants() ? <SuspendedTenant tenantId={tenantId} /> : null;
}
