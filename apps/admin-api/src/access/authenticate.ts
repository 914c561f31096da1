import {
  API_KEY_PREFIXES,
  groupCommit,
  hashApiKey,
  includesScope,
  PosthornError,
  type Scope,
} from '@posthorn/core';
import { type ActiveApiKey, findActiveApiKeys } from '@posthorn/database/access';
import type { Pool } from '@posthorn/database/connection';
import type { RequiredFeature, RouteDefinition } from '@posthorn/contract';
import type { ApiKeyUsage } from './api-key-usage.js';
import type { Credential } from './credential.js';
import type { CountRequest } from '../http/address-limiter.js';
import { RememberedKeys } from './remembered-keys.js';

/** The API key that makes a request. One that is limited to several tenants acts in one of them: `inOneTenant`. */
export type Caller = ActiveApiKey;

export interface Authenticator {
  /** Returns the caller. @throws PosthornError if the credential is missing or invalid */
  authenticate(credential: Credential | null, clientAddress: string | null): Promise<Caller>;
  /** Returns the caller of a key that was valid before, or null. The caller checks that the key is still valid. */
  recall(credential: Credential | null): Caller | null;
  /** Notes that a valid key is used. `authenticate` does so itself. */
  noteUse(caller: Caller): void;
  /** Returns whether a credential is still valid, and its present rights allow what it is used for. */
  isStillValid(credential: Credential | null, isAllowed: (caller: Caller) => boolean): Promise<boolean>;
}

/** Timeout of looking up a key in PostgreSQL, in milliseconds. */
export const LOOKUP_TIMEOUT_MS = 2000;

export interface AuthenticatorDeps {
  lookupPool: Pool;
  lookupTimeoutMs: number;
  keyUsage: Pick<ApiKeyUsage, 'note'>;
  /** Whether keys can have sessions. */
  keySignIn: boolean;
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
  { lookupPool: pool, lookupTimeoutMs, keyUsage, keySignIn }: AuthenticatorDeps,
  recordAuthFailure: CountRequest,
): Authenticator {
  const findActive = groupCommit((hashes: Buffer[]) => findActiveApiKeys(pool, hashes), {
    timeout: { ms: lookupTimeoutMs },
  });
  const find = async (hash: Buffer): Promise<Caller | undefined> => {
    const caller = await findActive(hash);
    const isSessionOfKey = caller?.kind === 'session' && caller.parent?.kind === 'key';
    // Sessions that began before sign-in with keys was switched off.
    return isSessionOfKey && !keySignIn ? undefined : caller;
  };
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
    async isStillValid(credential, isAllowed) {
      const caller = credential === null ? undefined : await find(hashApiKey(credential.text));
      return caller !== undefined && isAllowed(caller);
    },
  };
}

const isAccepted = ({ text, by }: Credential): boolean =>
  ACCEPTED_PREFIXES[by].some((prefix) => text.startsWith(prefix));

type AccessRules = Pick<RouteDefinition, 'scope' | 'tenancy' | 'portalFeatures'>;

/** @throws PosthornError that names the missing scope, tenancy or feature */
export function authorize(caller: Caller, rules: AccessRules): void {
  const detail = findMissing(caller, rules);
  if (detail !== null) throw new PosthornError('forbidden', { detail });
}

/** Returns what a caller lacks to make a call, or null. */
export function findMissing(
  caller: Caller,
  { scope, tenancy, portalFeatures = [] }: AccessRules,
): string | null {
  if (scope !== null && !hasOneOf(caller, [scope].flat())) {
    const names = [scope].flat().map((each) => [each].flat().join(' and '));
    return `Requires the scope ${names.join(' or ')}`;
  }
  if (caller.webhookId !== null && ![scope].flat().includes('feed:read'))
    return 'This API key can only read the feed of its webhook';
  if (tenancy === 'all' && !seesAllTenants(caller)) return 'Requires an API key for all tenants';
  const missing = portalFeatures.find((feature) => !allowsFeature(caller, feature));
  return missing === undefined
    ? null
    : `This portal link does not allow the feature ${[missing].flat().join(' or ')}`;
}

/** Returns whether the key has access to all tenants. */
export const seesAllTenants = ({ tenantId, tenantIds }: Pick<Caller, 'tenantId' | 'tenantIds'>): boolean =>
  tenantId === null && tenantIds === null;

/** Returns whether a tenant is in reach of the key. */
export const reachesTenant = (
  { tenantId, tenantIds }: Pick<Caller, 'tenantId' | 'tenantIds'>,
  id: string,
): boolean => (tenantId === null ? (tenantIds?.includes(id) ?? true) : tenantId === id);

/** Returns whether a caller has one of these scopes, or all of one of the groups. */
export const hasOneOf = (caller: Caller, accepted: readonly (Scope | readonly Scope[])[]): boolean =>
  accepted.some((each) => [each].flat().every((scope) => hasScope(caller, scope)));

/** Returns whether a caller has a feature, or one of several. Only portal links can lack one. */
export function allowsFeature({ portalFeatures }: Caller, feature: RequiredFeature): boolean {
  return portalFeatures === null || [feature].flat().some((each) => portalFeatures.includes(each));
}

/** Returns whether the caller has a scope, or one that implies it. */
export const hasScope = ({ scopes }: Caller, scope: Scope): boolean => includesScope(scopes, scope);

/** Returns the key whose limits apply to a caller: for a session the one that signed in. The portal links of a key belong to different customers. */
export const limitedKeyOf = ({ id, kind, parent }: Pick<Caller, 'id' | 'kind' | 'parent'>): string =>
  kind === 'session' && parent ? parent.id : id;
