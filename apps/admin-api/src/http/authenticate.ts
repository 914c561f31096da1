import { API_KEY_PREFIXES, groupCommit, hashApiKey, PosthornError, type Scope } from '@posthorn/core';
import { type ActiveApiKey, findActiveApiKeys, type Pool } from '@posthorn/database';
import type { RequiredFeature, RouteDefinition } from '@posthorn/contract';
import type { ApiKeyUsage } from './api-key-usage.js';
import type { Credential } from './credential.js';
import type { CountRequest } from './address-limiter.js';
import { RememberedKeys } from './remembered-keys.js';

/** The API key that makes a request. */
export type Caller = ActiveApiKey;

export interface Authenticator {
  /** Returns the caller. @throws PosthornError if the credential is missing or invalid */
  authenticate(credential: Credential | null, clientAddress: string | null): Promise<Caller>;
  /** Returns the caller of a key that was valid before, or null. The caller checks that the key is still valid. */
  recall(credential: Credential | null): Caller | null;
  /** Notes that a valid key is used. `authenticate` does so itself. */
  noteUse(caller: Caller): void;
  /** Returns whether a credential is still valid. */
  isStillValid(credential: Credential | null): Promise<boolean>;
}

/** Timeout of looking up a key in PostgreSQL, in milliseconds. */
export const LOOKUP_TIMEOUT_MS = 2000;

export interface AuthenticatorDeps {
  lookupPool: Pool;
  lookupTimeoutMs: number;
  keyUsage: Pick<ApiKeyUsage, 'note'>;
}

/** Kinds of key accepted from each source: sessions only from cookies, and only API keys can sign in. */
const ACCEPTED_PREFIXES: Record<Credential['by'], string[]> = {
  bearer: [API_KEY_PREFIXES.key, API_KEY_PREFIXES.portal],
  cookie: [API_KEY_PREFIXES.session],
  body: [API_KEY_PREFIXES.key],
};

/**
 * Authenticates callers by their API key. Keys are looked up for every request, so that a revoked key stops working
 * immediately on every process. Concurrent lookups share one query. A request whose own statement checks the key needs no lookup.
 */
export function createAuthenticator(
  { lookupPool: pool, lookupTimeoutMs, keyUsage }: AuthenticatorDeps,
  recordAuthFailure: CountRequest,
): Authenticator {
  const find = groupCommit((hashes: Buffer[]) => findActiveApiKeys(pool, hashes), {
    timeout: { ms: lookupTimeoutMs },
  });
  const remembered = new RememberedKeys();

  async function lookUp({ text, by }: Credential): Promise<Caller | undefined> {
    if (!isAccepted({ text, by })) return undefined;
    const hash = hashApiKey(text);
    const caller = await find(hash);
    remembered.set(hash, caller);
    return caller;
  }

  return {
    async authenticate(credential, clientAddress) {
      if (credential === null) throw new PosthornError('unauthorized');
      const caller = await lookUp(credential);
      if (caller) {
        keyUsage.note(caller);
        return caller;
      }
      await recordAuthFailure(clientAddress);
      throw new PosthornError('unauthorized');
    },
    recall: (credential) =>
      credential && isAccepted(credential) ? remembered.get(hashApiKey(credential.text)) : null,
    noteUse: (caller) => keyUsage.note(caller),
    isStillValid: async (credential) =>
      credential !== null && (await find(hashApiKey(credential.text))) !== undefined,
  };
}

const isAccepted = ({ text, by }: Credential): boolean =>
  ACCEPTED_PREFIXES[by].some((prefix) => text.startsWith(prefix));

/** @throws PosthornError that names the missing scope, tenancy or feature */
export function authorize(
  caller: Caller,
  { scope, tenancy, portalFeatures = [] }: Pick<RouteDefinition, 'scope' | 'tenancy' | 'portalFeatures'>,
): void {
  if (scope !== null && !hasOneOf(caller, [scope].flat())) {
    const names = [scope].flat().map((each) => [each].flat().join(' with '));
    throw new PosthornError('forbidden', { detail: `Requires the scope ${names.join(' or ')}` });
  }
  if (caller.webhookId !== null && ![scope].flat().includes('feed:read')) {
    throw new PosthornError('forbidden', { detail: 'This API key can only read the feed of its webhook' });
  }
  if (tenancy === 'all' && caller.tenantId !== null) {
    throw new PosthornError('forbidden', { detail: 'Requires an API key for all tenants' });
  }
  for (const feature of portalFeatures) assertFeature(caller, feature);
}

/** Returns whether a caller has one of these scopes, or all of one of the groups. */
export const hasOneOf = (caller: Caller, accepted: readonly (Scope | readonly Scope[])[]): boolean =>
  accepted.some((each) => [each].flat().every((scope) => hasScope(caller, scope)));

/** Returns whether a caller has a feature, or one of several. Only portal links can lack one. */
export function allowsFeature({ portalFeatures }: Caller, feature: RequiredFeature): boolean {
  return portalFeatures === null || [feature].flat().some((each) => portalFeatures.includes(each));
}

/** @throws PosthornError if the caller is a portal link without the feature */
function assertFeature(caller: Caller, feature: RequiredFeature): void {
  if (allowsFeature(caller, feature)) return;
  throw new PosthornError('forbidden', {
    detail: `This portal link does not allow the feature ${[feature].flat().join(' or ')}`,
  });
}

/** Returns whether the caller has a scope. `admin` implies all others. */
export function hasScope({ scopes }: Caller, scope: Caller['scopes'][number]): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

/** Returns the key whose limits apply to a caller: for a session the one that signed in. The portal links of a key belong to different customers. */
export const limitedKeyOf = ({ id, kind, parent }: Pick<Caller, 'id' | 'kind' | 'parent'>): string =>
  kind === 'session' && parent ? parent.id : id;
