import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Deadline,
  egressOf,
  newId,
  type Part,
  type Sealer,
  settlesWithin,
  type TokenFailureCode,
  webhookSealingContext,
} from '@posthorn/core';
import { retryTransient } from '@posthorn/database/connection';
import {
  type AccessTokenState,
  endTokenFetch,
  findAccessToken,
  rejectAccessToken,
  startTokenFetch,
  storeAccessToken,
  storeTokenFailure,
  takeTokenFailure,
  type TokenOwner,
} from '@posthorn/database/webhooks';
import { LRUCache } from 'lru-cache';
import {
  isUnchanged,
  requestFreshToken,
  type TokenRequestDeps,
  type TokenRoute,
  type TokenWebhook,
} from './fresh-token-request.js';
import type { TokenRequest, TokenResponse } from './token-request.js';

export interface AccessToken {
  /** Identifies the fetch that it is from. */
  id: string;
  value: string;
}

/** The token, or what there is instead: the last fetch failed a moment ago, or a delivery is held until there is a token. */
export type TokenResult =
  | { kind: 'token'; token: AccessToken }
  | { kind: 'failure'; code: TokenFailureCode }
  | { kind: 'wait' };

/** The webhook has changed, so that no token is requested for it as it was read. */
const CHANGED = { kind: 'changed' } as const;

export interface AccessTokensDeps extends TokenRequestDeps {
  sealer: Sealer;
  logger: { warn(message: string, fields: Record<string, unknown>): void };
  nowMs?: () => number;
}

/** How a call requests the token of a webhook, if that is necessary. */
interface Requesting extends Pick<TokenRequest, 'admits'> {
  /** Called before the request. */
  onRequest?: () => void;
}

/** How a delivery needs a token. */
interface Taking extends Requesting {
  /** The releaser has just released it: it may have the failure, and what this process remembers of a fetch may be outdated. */
  released?: boolean;
  /** The receiver may have rejected the token that this process remembers, in another process. */
  isRepeat?: boolean;
}

/** The same, and whether `admits` has refused the request, so that it was not sent. */
type RefusableRequesting = Requesting & { isRefused?: () => boolean };

/** A fetch that has started. */
interface TokenFetch extends RefusableRequesting, TokenRoute {
  fetchId: string;
}

/** Delay until a call looks again for a token that is being fetched, in milliseconds. */
const LOOK_AGAIN_MS = 100;

const WAIT: Extract<TokenResult, { kind: 'wait' }> = { kind: 'wait' };

/** How long a call waits for a token, in milliseconds: longer than a request for one. */
const CALL_TIMEOUT_MS = 12_000;

/** The longest time for which a failure or a fetch of another process is remembered, in milliseconds: the authentication may be tested meanwhile. */
const MAX_REMEMBERED_MS = 2000;

const MAX_REMEMBERED = 2000;

interface Remembered {
  authSealed: string;
  result: TokenResult;
  untilMs: number;
}

/**
 * The access tokens of webhooks: in this process, and sealed in PostgreSQL, where all processes find them. One process fetches the token of a
 * webhook, at most one at a time; nothing that needs it waits here, so that a slow token endpoint delays no other webhook.
 */
export class AccessTokens implements Part {
  readonly #deps: AccessTokensDeps;
  readonly #nowMs: () => number;
  readonly #remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });
  readonly #lookups = new Map<string, Promise<TokenResult>>();
  readonly #fetches = new Set<Promise<void>>();

  constructor(deps: AccessTokensDeps) {
    this.#deps = deps;
    this.#nowMs = deps.nowMs ?? (() => performance.now());
  }

  /**
   * Returns the token of a webhook for the attempt of a delivery. Without one, starts to fetch it, unless a process does already or has just
   * failed. Each failure is returned once, to a released delivery, so that it is one attempt of one delivery, and the others wait for the
   * next fetch. The releaser spreads the attempts of many webhooks over time.
   */
  async take(
    webhook: TokenWebhook,
    { released = false, isRepeat = false, ...requesting }: Taking = {},
  ): Promise<TokenResult> {
    const remembered = isRepeat ? null : this.#recall(webhook);
    if (remembered?.kind === 'token') return remembered;
    const code = released ? await takeTokenFailure(this.#deps.pool, ownerOf(webhook)) : null;
    if (code !== null) return { kind: 'failure', code };
    const isKnown = remembered !== null && !released;
    const result = isKnown ? remembered : await this.#lookUpOnce(webhook, requesting);
    return result.kind === 'failure' ? WAIT : result;
  }

  /** Returns the token of a webhook as soon as it is there, the failure, or that the webhook has changed since it was read. */
  async wait(
    webhook: TokenWebhook,
    requesting: Requesting = {},
  ): Promise<Exclude<TokenResult, { kind: 'wait' }> | typeof CHANGED> {
    const refusable = withRefusal(requesting);
    const endsAtMs = this.#nowMs() + CALL_TIMEOUT_MS;
    while (this.#nowMs() < endsAtMs) {
      const result = await this.#lookUpOnce(webhook, refusable);
      if (result.kind !== 'wait') return result;
      if (!(await isUnchanged(this.#deps.pool, webhook))) return CHANGED;
      await sleep(LOOK_AGAIN_MS);
      if (refusable.isRefused()) return { kind: 'failure', code: 'token_endpoint_blocked' };
    }
    return { kind: 'failure', code: 'token_endpoint_timeout' };
  }

  /** Returns what is known of the token of a webhook, and starts nothing. Null if it must be fetched. */
  async find(webhook: TokenWebhook): Promise<TokenResult | null> {
    return this.#recall(webhook) ?? this.#read(webhook);
  }

  /** Requests a token that is not kept. Returns `changed` if the webhook has changed before the response. */
  async test(webhook: TokenWebhook, admits: Requesting['admits']): Promise<TokenResponse | typeof CHANGED> {
    const { pool, sealer } = this.#deps;
    const route = { ...(admits && { admits }), profile: egressOf(webhook.webhook, sealer) };
    const response = await requestFreshToken(webhook, route, this.#deps);
    return response.kind === 'not_started' || (await isUnchanged(pool, webhook)) ? response : CHANGED;
  }

  /** Removes a token that the receiver has rejected. Returns whether another one can be had. */
  async reject(webhookId: string, { id: tokenId }: AccessToken): Promise<boolean> {
    const { pool } = this.#deps;
    const isReplaced = await rejectAccessToken(pool, { webhookId, tokenId });
    const remembered = this.#remembered.get(webhookId)?.result;
    if (isReplaced && remembered?.kind === 'token' && remembered.token.id === tokenId)
      this.#remembered.delete(webhookId);
    return isReplaced;
  }

  /** Waits for the fetches in progress. Those that outlast the deadline are repeated by other processes. */
  async stop(deadline: Deadline): Promise<void> {
    await settlesWithin(Promise.all(this.#fetches), deadline.remainingMs);
  }

  async #read(webhook: TokenWebhook): Promise<TokenResult | null> {
    const state = await findAccessToken(this.#deps.pool, ownerOf(webhook));
    const found = state && this.#resultOf(webhook, state);
    return found ? this.#remember(webhook, found) : null;
  }

  /** All that need the token at this moment share one lookup. */
  #lookUpOnce(webhook: TokenWebhook, requesting: RefusableRequesting): Promise<TokenResult> {
    const running = this.#lookups.get(webhook.authSealed);
    if (running) return running;
    const lookup = this.#lookUp(webhook, requesting).finally(() => this.#lookups.delete(webhook.authSealed));
    this.#lookups.set(webhook.authSealed, lookup);
    return lookup;
  }

  async #lookUp(webhook: TokenWebhook, requesting: RefusableRequesting): Promise<TokenResult> {
    const found = await this.#read(webhook);
    if (found) return found;
    const fetchId = newId();
    const { status } = webhook.webhook;
    const profile = egressOf(webhook.webhook, this.#deps.sealer);
    const isStarted = await startTokenFetch(this.#deps.pool, { ...ownerOf(webhook), status, fetchId });
    if (!isStarted) return WAIT;
    this.#fetch(webhook, { ...requesting, fetchId, profile });
    return this.#remember(webhook, { result: WAIT, forMs: MAX_REMEMBERED_MS });
  }

  #resultOf(
    { webhook: { id } }: TokenWebhook,
    { tokenId, tokenSealed, usableMs, failureCode, retryInMs, isFetching }: AccessTokenState,
  ): { result: TokenResult; forMs: number } | null {
    if (tokenId !== null && tokenSealed !== null && usableMs !== null) {
      const value = this.#deps.sealer.open(tokenSealed, webhookSealingContext(id));
      return { result: { kind: 'token', token: { id: tokenId, value } }, forMs: usableMs };
    }
    if (isFetching) return { result: WAIT, forMs: MAX_REMEMBERED_MS };
    if (failureCode !== null && retryInMs !== null)
      return {
        result: { kind: 'failure', code: failureCode },
        forMs: Math.min(retryInMs, MAX_REMEMBERED_MS),
      };
    return null;
  }

  #recall({ webhook: { id }, authSealed }: TokenWebhook): TokenResult | null {
    const remembered = this.#remembered.get(id);
    const isCurrent = remembered?.authSealed === authSealed && remembered.untilMs > this.#nowMs();
    return isCurrent ? remembered.result : null;
  }

  #remember(
    { webhook: { id }, authSealed }: TokenWebhook,
    { result, forMs }: { result: TokenResult; forMs: number },
  ): TokenResult {
    this.#remembered.set(id, { authSealed, result, untilMs: this.#nowMs() + forMs });
    return result;
  }

  #fetch(webhook: TokenWebhook, fetch: TokenFetch): void {
    fetch.onRequest?.();
    const fetched: Promise<void> = this.#fetchAndStore(webhook, fetch)
      // Another process repeats it once it has timed out.
      .catch((error: unknown) =>
        this.#deps.logger.warn('an access token could not be fetched or stored', { error }),
      )
      .finally(() => {
        this.#fetches.delete(fetched);
        this.#remembered.delete(webhook.webhook.id);
      });
    this.#fetches.add(fetched);
  }

  async #fetchAndStore(webhook: TokenWebhook, fetch: TokenFetch): Promise<void> {
    const { pool, sealer } = this.#deps;
    const { id: webhookId } = webhook.webhook;
    const { fetchId, profile, admits, isRefused } = fetch;
    const route = { ...(admits && { admits }), profile };
    const response = await requestFreshToken(webhook, route, this.#deps);
    const receivedAtMs = this.#nowMs();
    // Nothing was sent: neither a change of the webhook nor the limit of one call is a failure that others have to see.
    if (response.kind === 'not_started' || isRefused?.())
      return retryTransient(() => endTokenFetch(pool, { webhookId, fetchId }));
    if (response.kind === 'failure') {
      const failure = { webhookId, fetchId, code: response.code };
      return retryTransient(() => storeTokenFailure(pool, failure));
    }
    const sealed = sealer.seal(response.value, webhookSealingContext(webhookId));
    return retryTransient(() => {
      const usableMs = response.usableMs - (this.#nowMs() - receivedAtMs);
      return storeAccessToken(pool, { webhookId, fetchId, sealed, usableMs });
    });
  }
}

function withRefusal({ admits, ...requesting }: Requesting): Requesting & { isRefused: () => boolean } {
  let isRefused = false;
  const isRefusedNow = () => isRefused;
  if (!admits) return { ...requesting, isRefused: isRefusedNow };
  return {
    ...requesting,
    isRefused: isRefusedNow,
    async admits(address) {
      const isAdmitted = await admits(address);
      isRefused ||= !isAdmitted;
      return isAdmitted;
    },
  };
}

const ownerOf = ({ webhook: { id: webhookId }, authSealed }: TokenWebhook): TokenOwner => ({
  webhookId,
  authSealed,
});
