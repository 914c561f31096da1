import { useCan, useSeesAllTenants } from '../../api/session.js';

/** The catalogue is one for all tenants, so only keys for all of them change it. */
export function useCanEditEventTypes(): boolean {
  const mayWrite = useCan('events:write');
  return useSeesAllTenants() && mayWrite;
}
