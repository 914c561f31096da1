import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Actor, type Part, settlesWithin } from '@posthorn/core';
import type { Connection, Pool } from '@posthorn/database/connection';
import {
  completeHistory,
  quarantineDatabase,
  type QuarantineReason,
  readRestoreFacts,
  releaseDatabase,
  type RestoreFacts,
} from '@posthorn/database/restores';
import type { DeliveryQueue } from '@posthorn/queue';
import { type KnownErasures, restoreVerdict } from './restore-verdict.js';

export interface QuarantineStores {
  pool: Pool;
  erasures: Pick<DeliveryQueue, 'readErasureCount' | 'raiseErasureCount'>;
}

interface QuarantineLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/**
 * - `unknown`: the server is new to this process and has not been checked yet
 * - `quarantined`: erased data may be back, until an operator releases the database
 * - `released`: no erased data can be back
 */
export type QuarantineState = 'unknown' | 'quarantined' | 'released';

/** Resolves after some milliseconds, or rejects at an abort. */
type Pause = (ms: number, value: undefined, options: { signal: AbortSignal }) => Promise<void>;

/**
 * Pause between two checks while nothing is held, in milliseconds. New connections and new erasures have their own checks. This one puts
 * the number of erasures back after Redis has lost it, and notices what no new connection shows: a restore behind a pooler or into a
 * database that is in use, and a database that another process has quarantined.
 */
const CHECK_INTERVAL_MS = 60_000;
/** The same while something is held, or the number of erasures is not in Redis. */
const SHORT_INTERVAL_MS = 1000;

/** Timeout of a command to Redis, in milliseconds. */
const REDIS_TIMEOUT_MS = 2000;

/** Emitted when the state changes, and at the stop. */
const CHANGED = 'changed';

/**
 * Holds everything that sends stored data while erased data may be back in the database, as after a restore. Each new connection to
 * PostgreSQL is checked before it is used: the connections of a running process end when its database is restored, so that none of them
 * reads restored data while the state is `released`.
 */
export class Quarantine implements Part {
  readonly #logger: QuarantineLogger;
  readonly #stopping = new AbortController();
  #stores: QuarantineStores | null = null;
  #state: QuarantineState = 'unknown';
  /** The server that `#state` is about. */
  #server = '';
  /** What a new connection has read, until it is checked. */
  #unchecked: RestoreFacts | null = null;
  /** Whether Redis knows as many erasures as the database, as far as this process knows. */
  #isRecorded = false;
  /** The check that runs, and the one that runs after it. */
  #check = Promise.resolve();
  #nextCheck: Promise<void> | null = null;
  #wake = new AbortController();
  readonly #events = new EventEmitter();
  readonly #pause: Pause;
  #loop = Promise.resolve();

  constructor(logger: QuarantineLogger, pause: Pause = sleep) {
    // Each delivery that waits adds one.
    this.#events.setMaxListeners(0);
    this.#logger = logger;
    this.#pause = pause;
  }

  get state(): QuarantineState {
    return this.#state;
  }

  /** Whether nothing that is stored may be sent now. */
  get isHeld(): boolean {
    return this.#state !== 'released';
  }

  /** Reads with a new connection whether its server has been checked. */
  readonly onSession = async (connection: Connection): Promise<void> => {
    const facts = await readRestoreFacts(connection);
    if (!this.#notice(facts)) return;
    this.#unchecked = facts;
    this.#wake.abort();
  };

  /** Checks the database once, then regularly. It stays held if Redis is unavailable and the history of the database has changed. */
  async open(stores: QuarantineStores): Promise<this> {
    this.#stores = stores;
    await this.#checkAgain();
    this.#loop = this.#run();
    return this;
  }

  /** Waits until nothing is held any more. Returns whether this is so; false after `maxMs`. */
  async wait(maxMs: number): Promise<boolean> {
    const endsAtMs = performance.now() + maxMs;
    while (this.isHeld && !this.#stopping.signal.aborted) {
      const remainingMs = endsAtMs - performance.now();
      if (remainingMs <= 0 || !(await this.#changesWithin(remainingMs))) break;
    }
    return !this.isHeld;
  }

  #changesWithin(ms: number): Promise<boolean> {
    const signal = AbortSignal.timeout(Math.ceil(ms));
    return once(this.#events, CHANGED, { signal }).then(
      () => true,
      () => false,
    );
  }

  /** Records in Redis how many erasures the database knows, after one was created. If this fails, the next check does it. */
  async noteErasure(): Promise<void> {
    if (!this.isHeld) await this.#checkNow();
  }

  /** Releases the database. Returns whether it was quarantined. Rejects while Redis is unavailable. */
  async release(actor: Actor): Promise<boolean> {
    const { pool, erasures } = this.#opened();
    const { installationId } = await readRestoreFacts(pool);
    const known = installationId === null ? null : await erasures.readErasureCount(installationId);
    const isReleased = await releaseDatabase(pool, { erasureCount: known ?? 0, actor });
    await this.#checkNow();
    return isReleased;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    this.#announce();
    await this.#loop;
  }

  #opened(): QuarantineStores {
    if (!this.#stores) throw new Error('The quarantine is not open');
    return this.#stores;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { signal } = this.#wake;
      await this.#pause(this.#intervalMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) this.#wake = new AbortController();
      if (!this.#stopping.signal.aborted) await this.#checkAgain();
    }
  }

  get #intervalMs(): number {
    return this.isHeld || !this.#isRecorded ? SHORT_INTERVAL_MS : CHECK_INTERVAL_MS;
  }

  /** Returns whether the server is new. Then its state is unknown. */
  #notice({ server }: RestoreFacts): boolean {
    if (server === this.#server) return false;
    this.#server = server;
    this.#set('unknown');
    return true;
  }

  /** Checks the database. If there is more to do, the next regular check follows at once. */
  async #checkNow(): Promise<void> {
    await this.#checkAgain();
    if (this.#intervalMs < CHECK_INTERVAL_MS) this.#wake.abort();
  }

  /** Checks the database after the check that is in progress, which may have read before the call. The calls meanwhile share this check. */
  #checkAgain(): Promise<void> {
    this.#nextCheck ??= this.#check.then(() => {
      this.#nextCheck = null;
      this.#check = this.#checkOnce();
      return this.#check;
    });
    return this.#nextCheck;
  }

  async #checkOnce(): Promise<void> {
    try {
      const unchecked = this.#unchecked;
      this.#unchecked = null;
      const facts = unchecked ?? (await readRestoreFacts(this.#opened().pool));
      // A new connection has read others meanwhile, which the next check takes.
      if (this.#unchecked) return;
      this.#notice(facts);
      const state = await this.#stateFor(facts);
      if (facts.server === this.#server) this.#set(state);
    } catch (error) {
      this.#logger.debug('could not check whether the database was restored', { error });
    }
  }

  async #stateFor(facts: RestoreFacts): Promise<QuarantineState> {
    const { installationId, erasureCount, quarantinedAt } = facts;
    if (quarantinedAt !== null) return 'quarantined';
    const known = installationId === null ? undefined : await this.#readKnown(installationId);
    const verdict = restoreVerdict(facts, known);
    switch (verdict.kind) {
      case 'unknown':
        return 'unknown';
      case 'quarantine':
        if (await this.#quarantine(verdict.reason, { known, erasureCount })) return 'quarantined';
        // The facts have changed since they were read: the next check knows.
        return 'unknown';
      case 'complete':
        if (verdict.isHistoryNew && !(await completeHistory(this.#opened().pool, facts))) return 'unknown';
        this.#isRecorded = await this.#record(facts, known);
        return 'released';
    }
  }

  async #readKnown(installationId: string): Promise<KnownErasures> {
    const reading = this.#opened().erasures.readErasureCount(installationId);
    const isRead = await settlesWithin(reading, REDIS_TIMEOUT_MS).catch(() => false);
    return isRead ? reading : undefined;
  }

  /** Has Redis know as many erasures as the database. Returns whether it does: not while it is unavailable or full. */
  async #record({ installationId, erasureCount }: RestoreFacts, known: KnownErasures): Promise<boolean> {
    if (installationId === null || known === undefined) return false;
    if (known !== null && known >= erasureCount) return true;
    const raising = this.#opened().erasures.raiseErasureCount(installationId, erasureCount);
    return settlesWithin(raising, REDIS_TIMEOUT_MS).catch((error: unknown) => {
      this.#logger.debug('the number of erasures is not in Redis yet', { error });
      return false;
    });
  }

  async #quarantine(
    reason: QuarantineReason,
    counts: { known: KnownErasures; erasureCount: number },
  ): Promise<boolean> {
    if (!(await quarantineDatabase(this.#opened().pool, reason, counts.known))) return false;
    this.#logger.warn('the database was quarantined', { reason, ...counts });
    return true;
  }

  #set(state: QuarantineState): void {
    if (state === this.#state) return;
    const previous = this.#state;
    this.#state = state;
    if (state === 'quarantined')
      this.#logger.warn(
        'nothing that is stored is sent or shown: the database was restored, and erased data may be back; run `posthorn erasures replay`',
      );
    if (state === 'released' && previous === 'quarantined') this.#logger.info('the database was released');
    this.#announce();
  }

  #announce(): void {
    this.#events.emit(CHANGED);
  }
}
