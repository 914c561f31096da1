import { hash, randomBytes } from 'node:crypto';

/**
 * `key`: an API key. `session`: the token of a dashboard session. `portal`: the token of a portal link. `person`: someone who signs in with
 * single sign-on, without a key.
 */
export type ApiKeyKind = 'key' | 'session' | 'portal' | 'person';

/** The kinds that can make calls. */
export type UsableKeyKind = Exclude<ApiKeyKind, 'person'>;

/** The prefix of each kind of key. */
export const API_KEY_PREFIXES: Record<UsableKeyKind, string> = {
  key: 'phk_',
  session: 'phs_',
  portal: 'php_',
};

/** Returns a new key with 256 random bits. */
export function newApiKey(kind: UsableKeyKind = 'key'): string {
  return API_KEY_PREFIXES[kind] + randomBytes(32).toString('base64url');
}

/** Returns the SHA-256 of a key, for storage. 256 random bits cannot be guessed, so no slow password hash is needed. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
