import { createHash, randomBytes } from 'node:crypto';

/** A key for programs and for signing in, what signing in gives, and what a link to the portal holds. */
export type ApiKeyKind = 'key' | 'session' | 'portal';

/** How the text of each kind begins. */
export const API_KEY_PREFIXES: Record<ApiKeyKind, string> = { key: 'phk_', session: 'phs_', portal: 'php_' };

export const SCOPES = [
  'webhooks:read',
  'webhooks:write',
  'events:read',
  'events:write',
  'deliveries:read',
  'deliveries:write',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** A new key with 256 random bits. */
export function newApiKey(kind: ApiKeyKind = 'key'): string {
  return API_KEY_PREFIXES[kind] + randomBytes(32).toString('base64url');
}

/** What is stored of a key. A plain hash is enough for 256 random bits: there is nothing to guess. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
