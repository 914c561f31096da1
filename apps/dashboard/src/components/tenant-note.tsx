import { useSeesAllTenants } from '../api/session.js';
import { useTenantId } from '../search/use-tenant-id.js';

interface TenantNoteProps {
  /** What belongs to no tenant is shown, too. */
  andNone?: boolean;
}

/** Says whose things a list shows that the API has for one tenant only, when none is chosen. */
export function TenantNote({ andNone = false }: TenantNoteProps) {
  const seesAllTenants = useSeesAllTenants();
  const tenantId = useTenantId();
  if (!seesAllTenants || tenantId !== undefined) return null;
  return <>Of the default tenant{andNone && ' and of none'}, as long as no other is chosen.</>;
}
