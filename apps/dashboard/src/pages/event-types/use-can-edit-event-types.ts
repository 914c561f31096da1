import { useCan, useSeesAllTenants } from '../../api/session.js';

/** Returns whether the key may edit event types. All tenants share the catalog, so a key of one tenant may not. */
export function useCanEditEventTypes(): boolean {
  const canWrite = useCan('events:write');
  return useSeesAllTenants() && canWrite;
}
