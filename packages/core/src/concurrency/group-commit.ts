import { setImmediate as nextTurn } from 'node:timers/promises';
import { PosthornError } from '../messages/errors.js';
import { FairQueue, type Owned } from './fair-queue.js';
import { ServiceRate } from './service-rate.js';

export interface GroupCommitOptions<In> {
  /** Maximum number of items in one flush. Default: 500. */
  maxBatch?: number;
  /** Returns the weight of an item, more than 0. Default: every item weighs 1. */
  weigh?: (item: In) => number;
  /** Returns the most weight of the next flush. An item above it is flushed alone. Default: unlimited. */
  maxWeight?: () => number;
  /** Returns the owner of an item. Owners get equal shares, so an owner with many items does not delay the others. */
  ownerOf?: (item: In) => unknown;
  /**
   * Returns whether an error may be caused by a single item. If so, the batch is split in halves and flushed again, until
   * only the faulty item fails. The other items of its call are still flushed.
   */
  isItemError?: (error: unknown) => boolean;
  /** Maximum number of flushes at the same time. More than one run only while flushes are filled by weight, not by the number of items. Default: 1. */
  maxFlushes?: number;
  /** Age of a flush in milliseconds from which one other runs beside it, so that it does not delay further items. Default: unlimited. */
  lateAfterMs?: number;
  /** The weight of a backlog whose expected wait counts as 0. Default: 0. */
  smallBacklog?: number;
  /** Returns the monotonic time in milliseconds. Default: `performance.now`. */
  nowMs?: () => number;
}

export interface CallTimeout {
  ms: number;
  /** Creates the error of all items of the call. */
  error: () => Error;
  /** Whether the flush counts. If so, the outcome of items that time out during their flush is unknown. Default: false. */
  includesFlush?: boolean;
}

interface Pending<In, Out> extends Owned {
  item: In;
  call: Call<In, Out>;
  resolve: (value: Out) => void;
  reject: (error: unknown) => void;
}

/** The items of one call. */
interface Call<In, Out> {
  entries: Pending<In, Out>[];
  timer: NodeJS.Timeout | undefined;
  includesFlush: boolean;
  isCancelled: boolean;
}

/**
 * Flushes items together. Items that arrive during a flush are flushed one turn of the event loop after it ends. A single
 * item waits only for the current turn.
 */
export class GroupCommit<In, Out> {
  readonly #flush: (items: In[]) => Promise<Out[]>;
  readonly #options: GroupCommitOptions<In>;
  readonly #queue = new FairQueue<Pending<In, Out>>();
  readonly #rate = new ServiceRate();
  readonly #nowMs: () => number;
  #flushes = 0;
  /** When the flushes that run began, the earliest first. */
  readonly #startsMs = new Map<object, number>();
  /** Runs only while items wait for a flush that is not late yet. */
  #lateTimer: NodeJS.Timeout | undefined;
  /** Whether the latest batch was limited by its weight. */
  #isHeavy = false;
  #endedAtMs = 0;

  /** @param flush returns one result for each item, in the same order */
  constructor(flush: (items: In[]) => Promise<Out[]>, options: GroupCommitOptions<In> = {}) {
    this.#flush = flush;
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /**
   * Queues the items of one call and returns their results. When a flush with some of them fails, or after the timeout, the
   * items that are still queued reject as well and are never flushed. Unless the timeout includes the flush, it no longer
   * applies once the flush of the first item begins.
   */
  submit(items: readonly In[], timeout?: CallTimeout): Promise<Out>[] {
    const { ownerOf, weigh } = this.#options;
    const call: Call<In, Out> = {
      entries: [],
      timer: undefined,
      includesFlush: timeout?.includesFlush ?? false,
      isCancelled: false,
    };
    const results = items.map(
      (item) =>
        new Promise<Out>((resolve, reject) => {
          const [owner, weight] = [ownerOf?.(item), weigh?.(item) ?? 1];
          call.entries.push({ item, call, owner, weight, resolve, reject });
        }),
    );
    if (timeout) call.timer = setTimeout(() => this.#cancel(call, timeout.error()), timeout.ms);
    for (const entry of call.entries) this.#queue.push(entry);
    this.#start();
    return results;
  }

  /**
   * Returns the expected time until a new item is flushed, in milliseconds. 0 if the next flush has room for it, or the
   * backlog is small.
   */
  expectedWaitMs(item: Owned): number {
    const { smallBacklog = 0 } = this.#options;
    // The weight of all owners is known, that ahead of one has to be added up.
    if (this.#queue.weight <= smallBacklog) return 0;
    const ahead = this.#queue.weightAhead(item);
    return ahead <= smallBacklog ? 0 : this.#rate.durationMs(ahead, this.#nowMs());
  }

  #cancel(call: Call<In, Out>, error: unknown): void {
    call.isCancelled = true;
    for (const entry of call.entries) {
      this.#queue.remove(entry);
      entry.reject(error);
    }
  }

  /** Starts one more flush if the backlog calls for it. */
  #start(): void {
    if (this.#queue.isEmpty) return;
    if (this.#flushes >= this.#allowedFlushes) return this.#watch();
    this.#flushes += 1;
    setImmediate(() => void this.#run());
  }

  /** Starts one more flush when the current one is late, for the items that wait for it. */
  #watch(): void {
    const { lateAfterMs } = this.#options;
    const [startedAtMs] = this.#startsMs.values();
    if (lateAfterMs === undefined || startedAtMs === undefined || this.#lateTimer || this.#isLate) return;
    this.#lateTimer = setTimeout(
      () => {
        this.#lateTimer = undefined;
        this.#start();
      },
      startedAtMs + lateAfterMs - this.#nowMs(),
    ).unref();
  }

  /** Whether a flush is late. */
  get #isLate(): boolean {
    const { lateAfterMs } = this.#options;
    if (lateAfterMs === undefined) return false;
    const [startedAtMs = Infinity] = this.#startsMs.values();
    return this.#nowMs() - startedAtMs >= lateAfterMs;
  }

  get #allowedFlushes(): number {
    const { maxFlushes = 1, maxWeight } = this.#options;
    if (this.#isLate) return Math.max(maxFlushes, 2);
    return this.#isHeavy && maxWeight && this.#queue.weight >= maxWeight() ? maxFlushes : 1;
  }

  async #run(): Promise<void> {
    const { maxBatch = 500, maxWeight } = this.#options;
    while (!this.#queue.isEmpty && this.#flushes <= this.#allowedFlushes) {
      const startedAtMs = this.#nowMs();
      const batch = this.#queue.take({ maxItems: maxBatch, maxWeight: maxWeight?.() ?? Infinity });
      const isFull = !this.#queue.isEmpty;
      this.#isHeavy = isFull && batch.length < maxBatch;
      this.#startsMs.set(batch, startedAtMs);
      this.#start();
      for (const { call } of batch) if (!call.includesFlush) clearTimeout(call.timer);
      await this.#settle(batch);
      this.#startsMs.delete(batch);
      for (const { call } of batch) clearTimeout(call.timer);
      if (!isFull && this.#queue.isEmpty) break;
      // Callers get to use their results before the next flush begins.
      await nextTurn();
      if (isFull) this.#observe(batch, startedAtMs);
    }
    this.#flushes -= 1;
    this.#start();
  }

  #observe(batch: readonly Pending<In, Out>[], startedAtMs: number): void {
    const weight = batch.reduce((sum, entry) => sum + entry.weight, 0);
    const nowMs = this.#nowMs();
    // Of flushes at the same time, each counts only the time since the last one ended.
    const durationMs = nowMs - Math.max(startedAtMs, this.#endedAtMs);
    this.#rate.observe({ weight, durationMs }, nowMs);
    this.#endedAtMs = nowMs;
  }

  async #settle(batch: readonly Pending<In, Out>[]): Promise<void> {
    try {
      const results = await this.#flush(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- flush returns one result for each item
        entry.resolve(results[index] as Out);
      });
    } catch (error) {
      if (this.#options.isItemError?.(error))
        return batch.length > 1 ? this.#settleHalves(batch) : batch[0]?.reject(error);
      for (const call of new Set(batch.map((entry) => entry.call))) this.#cancel(call, error);
    }
  }

  async #settleHalves(batch: readonly Pending<In, Out>[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.#settle(batch.slice(0, middle));
    // The first half may have failed with calls that have items in the second one, too.
    const rest = batch.slice(middle).filter(({ call }) => !call.isCancelled);
    if (rest.length > 0) await this.#settle(rest);
  }
}

interface SingleItemOptions<In> extends GroupCommitOptions<In> {
  /** Longest time until the result. The outcome of an item that times out during its flush is unknown. Default: unlimited. */
  timeout?: { ms: number; detail?: string };
}

/** Turns a function over many items into a function over one item, which flushes concurrent items together. */
export function groupCommit<In, Out>(
  flush: (items: In[]) => Promise<Out[]>,
  { timeout, ...options }: SingleItemOptions<In> = {},
): (item: In) => Promise<Out> {
  const commits = new GroupCommit(flush, options);
  const callTimeout = timeout && {
    ms: timeout.ms,
    includesFlush: true,
    error: () =>
      new PosthornError('unavailable', timeout.detail === undefined ? {} : { detail: timeout.detail }),
  };
  return (item) => {
    const [result] = commits.submit([item], callTimeout);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- submit returns one result for each item
    return result as Promise<Out>;
  };
}
