import { useSeesAllTenants } from '../api/session.js';
import { useTenantId } from '../search/use-tenant-id.js';

/** Says whose things a list shows that the API has for one tenant only, when none is chosen. */
export function TenantNote() {
  const seesAllTenants = useSeesAllTenants();
  const tenantId = useTenantId();
  return seesAllTenants && tenantId === undefined ? (
    <>Of the default tenant, as long as none is chosen.</>
  ) : null;
}
