import { createHash, randomBytes } from 'node:crypto';

export const API_KEY_PREFIX = 'phk_';

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
export function newApiKey(): string {
  return API_KEY_PREFIX + randomBytes(32).toString('base64url');
}

/** What is stored of a key. A plain hash is enough for 256 random bits: there is nothing to guess. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
