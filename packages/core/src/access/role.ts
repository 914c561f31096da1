import type { PortalFeature } from './portal-feature.js';
import { includesScope, type Scope } from './scope.js';

/** What keys, portal links and people may do, from least to most. Each role includes the ones before it. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

const VIEWER: readonly Scope[] = ['webhooks:read', 'events:read', 'deliveries:read', 'admin:read'];

/** The scopes of each role. Keys store their role, so that a change of this table applies to all of them. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: VIEWER,
  operator: [...VIEWER, 'payloads:read', 'deliveries:write', 'webhooks:operate'],
  admin: ['admin'],
};

/** Returns the scopes of a key: those of its role, or its own. */
export const scopesOfKey = (role: Role | null, own: readonly Scope[]): Scope[] => [
  ...(role === null ? own : ROLE_SCOPES[role]),
];

/** The scopes that a portal link can have, and the feature that each depends on. Events can also be found by search, which depends on the scope. */
const PORTAL_SCOPES: readonly { scope: Scope; feature?: PortalFeature }[] = [
  { scope: 'webhooks:read' },
  { scope: 'deliveries:read' },
  { scope: 'events:read', feature: 'events' },
  { scope: 'payloads:read', feature: 'payloads' },
  { scope: 'webhooks:operate' },
  { scope: 'webhooks:write' },
  { scope: 'deliveries:write', feature: 'retry' },
];

/** Returns the scopes of a portal link: those that its features need, as far as its role has them. */
export function scopesOfPortalLink(role: Role, features: readonly PortalFeature[]): Scope[] {
  return PORTAL_SCOPES.filter(
    ({ scope, feature }) =>
      includesScope(ROLE_SCOPES[role], scope) && (feature === undefined || features.includes(feature)),
  ).map(({ scope }) => scope);
}
