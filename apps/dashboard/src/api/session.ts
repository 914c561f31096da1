import { includesScope } from '@posthorn/core/scope';
import { useQuery } from '@tanstack/react-query';
import type { components } from '../generated/api.js';
import { api } from './api.js';

export type Session = components['schemas']['Session'];
export type Scope = Session['holder']['scopes'][number];
export type PortalFeature = NonNullable<Session['portalFeatures']>[number];

/** The query of the current session. */
export const SESSION_QUERY = api.queryOptions('get', '/v1/session', {}, { staleTime: 5 * 60_000 });

/** Returns the current session. Works only below the route `_app`, which loads it. */
export function useSession(): Session {
  const { data } = useQuery(SESSION_QUERY);
  if (!data) throw new Error('useSession must be used below the route _app');
  return data;
}

/** Returns whether the key has a scope, or one that implies it, and, for a portal link, whether it allows a feature. */
export function useCan(scope: Scope, feature?: PortalFeature): boolean {
  const { scopes } = useSession().holder;
  const isAllowed = useAllows(feature);
  return isAllowed && includesScope(scopes, scope);
}

/** Returns whether the current session allows a feature. */
export function useAllows(feature: PortalFeature | undefined): boolean {
  return allowsFeature(useSession(), feature);
}

/** Returns whether a session allows a feature: a portal link may exclude it, and tenants are notified by email only. */
export function allowsFeature(session: Session, feature: PortalFeature | undefined): boolean {
  const { portalFeatures, emailEnabled } = session;
  if (feature === 'notifications' && !seesAllTenants(session) && !emailEnabled) return false;
  return feature === undefined || portalFeatures === null || portalFeatures.includes(feature);
}

/** Returns whether the key covers all tenants, so that pages must show which tenant a row belongs to. */
export function useSeesAllTenants(): boolean {
  return seesAllTenants(useSession());
}

/** Returns whether the key covers all tenants, not only one or some of them. */
export const seesAllTenants = ({ holder: { tenantId, tenantIds } }: Session): boolean =>
  tenantId === null && tenantIds === null;
