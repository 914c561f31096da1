import { useQuery } from '@tanstack/react-query';
import type { components } from '../generated/api.js';
import { api } from './api.js';

export type Session = components['schemas']['Session'];
export type Scope = Session['apiKey']['scopes'][number];

/** The query for who is signed in. */
export const SESSION_QUERY = api.queryOptions('get', '/v1/session', {}, { staleTime: 5 * 60_000 });

/** Who is signed in. Only below the route `_app`, which waits for it. */
export function useSession(): Session {
  const { data } = useQuery(SESSION_QUERY);
  if (!data) throw new Error('outside of the signed-in part');
  return data;
}

/** Whether the key may do that; `admin` implies all. */
export function useCan(scope: Scope): boolean {
  const { scopes } = useSession().apiKey;
  return scopes.includes(scope) || scopes.includes('admin');
}

/** Whether the key is for all tenants, and pages need to tell whose things they show. */
export function useSeesAllTenants(): boolean {
  return useSession().apiKey.tenantId === null;
}
