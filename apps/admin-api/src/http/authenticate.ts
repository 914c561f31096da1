import { API_KEY_PREFIXES, groupCommit, hashApiKey, PosthornError } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import { findApiKeys, type KnownKey } from '@posthorn/database/definitions';
import type { RouteDefinition } from '@posthorn/contract';
import type { Credential } from './credential.js';
import type { NoteFailedKey } from './failed-keys.js';

/** Who makes a request. */
export type Caller = KnownKey;

export interface Callers {
  /** @throws PosthornError when it brings no valid key */
  know(credential: Credential | null, clientAddress: string | null): Promise<Caller>;
  /** Whether a key that was valid still is. */
  isStillKnown(credential: Credential | null): Promise<boolean>;
}

/** PostgreSQL must have found a key within this time. */
const PATIENCE = { ms: 2000 };

/** Which kinds of key each way takes: a session is nothing but a cookie, and only a key itself can sign in. */
const TAKEN: Record<Credential['by'], string[]> = {
  bearer: [API_KEY_PREFIXES.key, API_KEY_PREFIXES.portal],
  cookie: [API_KEY_PREFIXES.session],
  body: [API_KEY_PREFIXES.key],
};

/**
 * Knows callers by their API key. The key is looked up for every request, together with those of all requests that come
 * at the same time, so that a revoked key stops at once, on every process.
 */
export function createCallers(pool: Pool, noteFailedKey: NoteFailedKey): Callers {
  const find = groupCommit((hashes: Buffer[]) => findApiKeys(pool, hashes), { patience: PATIENCE });
  return {
    async know(credential, clientAddress) {
      if (credential === null) throw new PosthornError('unauthorized');
      const { text, by } = credential;
      const isTaken = TAKEN[by].some((prefix) => text.startsWith(prefix));
      const caller = isTaken ? await find(hashApiKey(text)) : undefined;
      if (caller) return caller;
      await noteFailedKey(clientAddress);
      throw new PosthornError('unauthorized');
    },
    isStillKnown: async (credential) =>
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
