import { useSeesAllTenants } from '../api/session.js';
import { useTenantId } from '../search/use-tenant-id.js';

interface TenantNoteProps {
  /** The list includes rows without a tenant. */
  withUnassigned?: boolean;
}

/** Names the tenant of a list that shows the default tenant unless another is selected. */
export function TenantNote({ withUnassigned = false }: TenantNoteProps) {
  const seesAllTenants = useSeesAllTenants();
  const tenantId = useTenantId();
  if (!seesAllTenants || tenantId !== undefined) return null;
  return <>Showing tenant: default{withUnassigned && ', and events without a tenant'}.</>;
}
