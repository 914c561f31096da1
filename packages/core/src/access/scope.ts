export const SCOPES = [
  'webhooks:read',
  'webhooks:write',
  'webhooks:operate',
  'events:read',
  'payloads:read',
  'events:write',
  'deliveries:read',
  'deliveries:write',
  'feed:read',
  'admin:read',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Default scopes of a new key. */
export const DEFAULT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => !scope.startsWith('admin'));

/** Returns whether scopes include one, or imply it: `admin` all others, and `webhooks:write` what operators do with webhooks. */
export function includesScope(scopes: readonly Scope[], scope: Scope): boolean {
  if (scope === 'webhooks:operate' && scopes.includes('webhooks:write')) return true;
  return scopes.includes(scope) || scopes.includes('admin');
}
