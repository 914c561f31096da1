import type { Scope } from '../../api/session.js';
import type { components } from '../../generated/api.js';

export type ApiKey = components['schemas']['ApiKey'];

export const SCOPES: { scope: Scope; label: string }[] = [
  { scope: 'webhooks:read', label: 'View webhooks' },
  { scope: 'webhooks:write', label: 'Create, edit and delete webhooks' },
  { scope: 'webhooks:operate', label: 'Suspend, reactivate, test and mute webhooks' },
  { scope: 'events:read', label: 'View events' },
  { scope: 'payloads:read', label: 'View redacted values of events' },
  { scope: 'events:write', label: 'Publish events and edit event types' },
  { scope: 'deliveries:read', label: 'View deliveries and metrics' },
  { scope: 'deliveries:write', label: 'Retry and replay deliveries' },
  { scope: 'feed:read', label: 'Read the feeds of webhooks' },
  { scope: 'admin:read', label: 'View API keys, tenants, usage, erasures and the audit log' },
  { scope: 'admin', label: 'Full access, including API keys, tenants and the audit log' },
];

type ApiKeyStatus = 'active' | 'expired' | 'revoked';

/** Returns whether a key is active, expired or revoked. */
export function apiKeyStatus({ revokedAt, expiresAt }: ApiKey, nowMs: number): ApiKeyStatus {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? 'expired' : 'active';
}

/** Summarizes scopes: `Webhooks, events (read)`. */
export function formatScopes(scopes: readonly Scope[]): string {
  if (scopes.includes('admin')) return 'Full access';
  const text = ['webhooks', 'events', 'payloads', 'deliveries', 'feed', 'admin']
    .map((subject) => {
      const access = scopes.filter((scope) => scope.startsWith(subject)).map((scope) => scope.split(':')[1]);
      if (access.length === 0) return null;
      return access.length === 1 ? `${subject} (${access[0]})` : subject;
    })
    .filter((part) => part !== null)
    .join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
