import type { Scope } from '../../api/session.js';
import type { components } from '../../generated/api.js';

export type ApiKey = components['schemas']['ApiKey'];

export const SCOPES: { scope: Scope; label: string }[] = [
  { scope: 'webhooks:read', label: 'See webhooks' },
  { scope: 'webhooks:write', label: 'Create and change webhooks' },
  { scope: 'events:read', label: 'See events' },
  { scope: 'events:write', label: 'Publish events, change the catalogue' },
  { scope: 'deliveries:read', label: 'See deliveries and figures' },
  { scope: 'deliveries:write', label: 'Retry and replay deliveries' },
  { scope: 'admin', label: 'Everything, and keys, tenants and the audit log' },
];

export type ApiKeyState = 'active' | 'expired' | 'revoked';

/** Whether a key still opens anything. */
export function stateOf({ revokedAt, expiresAt }: ApiKey, nowMs: number): ApiKeyState {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? 'expired' : 'active';
}

/** What a key may do, in a few words: `webhooks, events (read)`. */
export function formatScopes(scopes: readonly Scope[]): string {
  if (scopes.includes('admin')) return 'everything';
  return ['webhooks', 'events', 'deliveries']
    .map((subject) => {
      const rights = scopes.filter((scope) => scope.startsWith(subject)).map((scope) => scope.split(':')[1]);
      if (rights.length === 0) return null;
      return rights.length === 1 ? `${subject} (${rights[0]})` : subject;
    })
    .filter((part) => part !== null)
    .join(', ');
}
