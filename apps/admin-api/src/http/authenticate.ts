import { API_KEY_PREFIXES, groupCommit, hashApiKey, PosthornError } from '@posthorn/core';
import { type ActiveApiKey, findActiveApiKeys, type Pool } from '@posthorn/database';
import type { RouteDefinition } from '@posthorn/contract';
import type { ApiKeyUsage } from './api-key-usage.js';
import type { Credential } from './credential.js';
import type { RecordAuthFailure } from './auth-failure-limiter.js';

/** The API key that makes a request. */
export type Caller = ActiveApiKey;

export interface Authenticator {
  /** Returns the caller. @throws PosthornError if the credential is missing or invalid */
  authenticate(credential: Credential | null, clientAddress: string | null): Promise<Caller>;
  /** Returns whether a credential is still valid. */
  isStillValid(credential: Credential | null): Promise<boolean>;
}

/** Timeout of looking up a key in PostgreSQL. */
const LOOKUP_TIMEOUT = { ms: 2000 };

/** Kinds of key accepted from each source: sessions only from cookies, and only API keys can sign in. */
const ACCEPTED_PREFIXES: Record<Credential['by'], string[]> = {
  bearer: [API_KEY_PREFIXES.key, API_KEY_PREFIXES.portal],
  cookie: [API_KEY_PREFIXES.session],
  body: [API_KEY_PREFIXES.key],
};

/**
 * Authenticates callers by their API key. Keys are looked up for every request, so that a revoked key stops working
 * immediately on every process. Concurrent lookups share one query.
 */
export function createAuthenticator(
  { lookupPool: pool, keyUsage }: { lookupPool: Pool; keyUsage: Pick<ApiKeyUsage, 'note'> },
  recordAuthFailure: RecordAuthFailure,
): Authenticator {
  const find = groupCommit((hashes: Buffer[]) => findActiveApiKeys(pool, hashes), {
    timeout: LOOKUP_TIMEOUT,
  });
  return {
    async authenticate(credential, clientAddress) {
      if (credential === null) throw new PosthornError('unauthorized');
      const { text, by } = credential;
      const isAccepted = ACCEPTED_PREFIXES[by].some((prefix) => text.startsWith(prefix));
      const caller = isAccepted ? await find(hashApiKey(text)) : undefined;
      if (caller) {
        keyUsage.note(caller);
        return caller;
      }
      await recordAuthFailure(clientAddress);
      throw new PosthornError('unauthorized');
    },
    isStillValid: async (credential) =>
      credential !== null && (await find(hashApiKey(credential.text))) !== undefined,
  };
}

/** @throws PosthornError that names the missing scope or tenancy */
export function authorize(
  caller: Caller,
  { scope, tenancy }: Pick<RouteDefinition, 'scope' | 'tenancy'>,
): void {
  const accepted = [scope].flat();
  if (!accepted.some((each) => each === null || hasScope(caller, each))) {
    throw new PosthornError('forbidden', { detail: `Requires the scope ${accepted.join(' or ')}` });
  }
  if (tenancy === 'all' && caller.tenantId !== null) {
    throw new PosthornError('forbidden', { detail: 'Requires an API key for all tenants' });
  }
}

/** Returns whether the caller has a scope. `admin` implies all others. */
export function hasScope({ scopes }: Caller, scope: Caller['scopes'][number]): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
