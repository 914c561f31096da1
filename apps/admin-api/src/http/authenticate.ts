import { API_KEY_PREFIXES, groupCommit, hashApiKey, PosthornError } from '@posthorn/core';
import { type ActiveApiKey, findActiveApiKeys, type Pool } from '@posthorn/database';
import type { RouteDefinition } from '@posthorn/contract';
import type { Credential } from './credential.js';
import type { RecordAuthFailure } from './auth-failure-limiter.js';

/** Who makes a request. */
export type Caller = ActiveApiKey;

export interface Authenticator {
  /** @throws PosthornError when it brings no valid key */
  authenticate(credential: Credential | null, clientAddress: string | null): Promise<Caller>;
  /** Whether a key that was valid still is. */
  isStillValid(credential: Credential | null): Promise<boolean>;
}

/** PostgreSQL must have found a key within this time. */
const PATIENCE = { ms: 2000 };

/** Which kinds of key each way takes: a session is nothing but a cookie, and only a key itself can sign in. */
const ACCEPTED_PREFIXES: Record<Credential['by'], string[]> = {
  bearer: [API_KEY_PREFIXES.key, API_KEY_PREFIXES.portal],
  cookie: [API_KEY_PREFIXES.session],
  body: [API_KEY_PREFIXES.key],
};

/**
 * Knows authenticator by their API key. The key is looked up for every request, together with those of all requests that come
 * at the same time, so that a revoked key stops at once, on every process.
 */
export function createAuthenticator(pool: Pool, recordAuthFailure: RecordAuthFailure): Authenticator {
  const find = groupCommit((hashes: Buffer[]) => findActiveApiKeys(pool, hashes), { timeout: PATIENCE });
  return {
    async authenticate(credential, clientAddress) {
      if (credential === null) throw new PosthornError('unauthorized');
      const { text, by } = credential;
      const isAccepted = ACCEPTED_PREFIXES[by].some((prefix) => text.startsWith(prefix));
      const caller = isAccepted ? await find(hashApiKey(text)) : undefined;
      if (caller) return caller;
      await recordAuthFailure(clientAddress);
      throw new PosthornError('unauthorized');
    },
    isStillValid: async (credential) =>
      credential !== null && (await find(hashApiKey(credential.text))) !== undefined,
  };
}

/** @throws PosthornError naming what the caller's key lacks */
export function authorize(
  caller: Caller,
  { scope, tenancy }: Pick<RouteDefinition, 'scope' | 'tenancy'>,
): void {
  const wanted = [scope].flat();
  if (!wanted.some((each) => each === null || hasScope(caller, each))) {
    throw new PosthornError('forbidden', { detail: `this needs the scope ${wanted.join(' or ')}` });
  }
  if (tenancy === 'all' && caller.tenantId !== null) {
    throw new PosthornError('forbidden', { detail: 'this needs a key for all tenants' });
  }
}

/** The scope `admin` implies all others. */
export function hasScope({ scopes }: Caller, scope: Caller['scopes'][number]): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
