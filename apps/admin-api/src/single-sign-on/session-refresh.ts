import { setMaxListeners } from 'node:events';
import { findAccess, type HashingSealer, type Part, refreshTokenSealingContext } from '@posthorn/core';
import { type Pool, retryTransient } from '@posthorn/database/connection';
import {
  claimDueSessions,
  confirmPersonSession,
  type DueSession,
  endGrant,
  keepRefreshToken,
} from '@posthorn/database/people/prisma';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { CountRefresh, Logger, RefreshResult } from '@posthorn/runtime';
import { ResponseBodyError } from 'openid-client';
import { FairLimiter } from '../http/fair-limiter.js';
import { describeCause } from './describe-cause.js';
import { isProviderUnavailable } from './provider-fetch.js';
import { refreshSecondsOf, type SingleSignOn } from './single-sign-on.js';

interface SessionRefreshDeps {
  singleSignOn: SingleSignOn;
  pool: Pool;
  /** For transactions. */
  changes: PrismaDb;
  sealer: Pick<HashingSealer, 'seal' | 'open'>;
  logger: Logger;
  count: CountRefresh;
}

/** Maximum number of sessions that a process confirms at the same time. */
const WINDOW = 10;

/** Maximum number of confirmations that a process stores at the same time, so that requests find a connection. */
const STORES = 2;

/** How long a refresh may send requests, in milliseconds. The last response arrives 10 seconds later at most. */
const SENDING_MS = 10_000;

/** How often the storing of a new refresh token is tried again. Without it, the session ends. */
const TOKEN_RETRIES = 3;

/**
 * Confirms the people with sessions at their identity provider. A session whose provider does not respond is tried again every minute, and
 * ends when it was not confirmed for 60 minutes. No connection to PostgreSQL is held during a request to the provider.
 */
export class SessionRefresh implements Part {
  readonly #deps: SessionRefreshDeps;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stores = new FairLimiter(STORES);
  readonly #stopping = new AbortController();

  constructor(deps: SessionRefreshDeps) {
    this.#deps = deps;
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Begins to confirm the sessions that are due, while the window has room. Returns false if there is nothing to do. */
  async run(): Promise<boolean> {
    const limit = WINDOW - this.#inFlight.size;
    if (this.#stopping.signal.aborted) return false;
    const { issuer } = this.#deps.singleSignOn.settings;
    const due = limit === 0 ? [] : await claimDueSessions(this.#deps.pool, { issuer, limit });
    for (const session of due) this.#begin(session);
    return this.#inFlight.size > 0;
  }

  /** Waits for the refreshes in progress. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  /** Sends no further requests, and waits for responses for at most 10 seconds, and until they are stored. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settle();
  }

  #begin(session: DueSession): void {
    const refresh = this.#refresh(session).finally(() => this.#inFlight.delete(refresh));
    this.#inFlight.add(refresh);
  }

  async #refresh(session: DueSession): Promise<void> {
    const { logger, count } = this.#deps;
    let result: RefreshResult = 'failed';
    try {
      result = await this.#resultOf(session);
    } catch (error) {
      logger.warn('session refresh failed', { sessionId: session.id, error });
    }
    count(result);
  }

  async #resultOf(session: DueSession): Promise<RefreshResult> {
    const { singleSignOn, pool, changes, sealer } = this.#deps;
    const { settings, provider } = singleSignOn;
    const context = refreshTokenSealingContext(session.id);
    const resultOfFailure = (error: unknown) => this.#resultOfFailure(session, error);
    const token = sealer.open(session.refreshTokenSealed, context);
    const sending = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SENDING_MS)]);
    const response = await provider.refresh(token, session.subject, sending).catch(resultOfFailure);
    if (typeof response === 'string') return response;
    if (response.refreshToken !== null) {
      const sealed = sealer.seal(response.refreshToken, context);
      await retryTransient(() => keepRefreshToken(pool, session, sealed), { maxRetries: TOKEN_RETRIES });
    }
    const identity = await response.confirm().catch(resultOfFailure);
    if (typeof identity === 'string') return identity;
    const { name, email, claims } = identity;
    const person = { name, email, access: findAccess(settings.rules, claims) };
    const refreshSeconds = refreshSecondsOf(settings);
    return this.#store(session, () => confirmPersonSession(changes, session, { person, refreshSeconds }));
  }

  async #resultOfFailure(session: DueSession, error: unknown): Promise<RefreshResult> {
    if (isProviderUnavailable(error)) return 'unavailable';
    const { changes, logger } = this.#deps;
    logger.warn('session refresh rejected', { sessionId: session.id, cause: describeCause(error) });
    return isGrantEnded(error) ? this.#store(session, () => endGrant(changes, session)) : 'rejected';
  }

  /** Runs a transaction. People take turns: the sessions of one wait for each other. */
  #store<Result>({ personId }: DueSession, transaction: () => Promise<Result>): Promise<Result> {
    return this.#stores.run(personId, transaction);
  }
}

/** Returns whether the provider does not accept the refresh token any more. */
const isGrantEnded = (error: unknown): boolean =>
  error instanceof ResponseBodyError && error.error === 'invalid_grant';
