import { API_KEY_PREFIX, groupCommit, hashApiKey, PosthornError } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import { findApiKeys, type KnownKey } from '@posthorn/database/definitions';
import type { RouteDefinition } from '@posthorn/contract';

/** Who makes a request. */
export type Caller = KnownKey;

export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

/** PostgreSQL must have found a key within this time. */
const PATIENCE = { ms: 2000 };

const BEARER = /^Bearer +(\S{1,512})$/i;

/**
 * Knows callers by their API key. The key is looked up for every request, together with those of all requests that come
 * at the same time, so that a revoked key stops at once.
 */
export function createAuthenticate(pool: Pool): Authenticate {
  const find = groupCommit((hashes: Buffer[]) => findApiKeys(pool, hashes), { patience: PATIENCE });
  return async (authorization) => {
    const key = authorization && BEARER.exec(authorization)?.[1];
    const caller = key?.startsWith(API_KEY_PREFIX) ? await find(hashApiKey(key)) : undefined;
    if (!caller) throw new PosthornError('unauthorized');
    return caller;
  };
}

/** @throws PosthornError naming what the caller's key lacks */
export function authorize({ scopes, tenantId }: Caller, { scope, unboundOnly }: RouteDefinition): void {
  const wanted = typeof scope === 'string' ? [scope] : scope;
  if (!scopes.includes('admin') && !wanted.some((each) => scopes.includes(each))) {
    throw new PosthornError('forbidden', { detail: `this needs the scope ${wanted.join(' or ')}` });
  }
  if (unboundOnly && tenantId !== null) {
    throw new PosthornError('forbidden', { detail: 'this needs a key for all tenants' });
  }
}
