import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { PosthornError } from '../errors.js';
import { FairQueue, type Owned } from './fair-queue.js';

export interface GroupCommitTimeout {
  ms: number;
  /** The `detail` of the error. */
  detail?: string;
}

export interface GroupCommitOptions<In> {
  /** Most items in one flush. Default: 500. */
  maxBatch?: number;
  /** Returns the weight of an item. Called when the item is about to be flushed. Default: every item weighs 0. */
  weigh?: (item: In) => number;
  /** Most weight in one flush. An item above it is flushed alone. Default: unlimited. */
  maxWeight?: number;
  /** Pause after a flush that left items in the queue, in milliseconds, so that other work gets CPU time. Default: 0. */
  restMs?: number;
  /** Returns the owner of an item. Owners are served round-robin, so an owner with many items does not delay the others. */
  ownerOf?: (item: In) => unknown;
  /**
   * Longest wait for a result; unlimited by default. An item that times out in the queue is never flushed. The outcome of
   * an item that times out during its flush is unknown.
   */
  timeout?: GroupCommitTimeout;
  /**
   * Returns whether an error may be caused by a single item. If so, the batch is split in halves and flushed again, until
   * only the faulty item fails.
   */
  isItemError?: (error: unknown) => boolean;
}

interface Pending<In, Out> extends Owned {
  item: In;
  resolve: (value: Out) => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Turns a function over many items into a function over one item. Items that arrive during a flush are flushed together
 * one turn of the event loop after it ends. A single item waits only for the current turn.
 *
 * @param flush returns one result for each item, in the same order
 * @returns a function that rejects with the error of the flush, or with `unavailable` after `timeout`
 */
export function groupCommit<In, Out>(
  flush: (items: In[]) => Promise<Out[]>,
  options: GroupCommitOptions<In> = {},
): (item: In) => Promise<Out> {
  const { maxBatch = 500, weigh = () => 0, maxWeight = Infinity } = options;
  const { restMs = 0, ownerOf, timeout, isItemError } = options;
  const queue = new FairQueue<Pending<In, Out>>();
  const limits = { maxItems: maxBatch, weigh: (entry: Pending<In, Out>) => weigh(entry.item), maxWeight };
  let running = false;

  async function settle(batch: Pending<In, Out>[]): Promise<void> {
    try {
      const results = await flush(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        clearTimeout(entry.timer);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- flush returns one result for each item
        entry.resolve(results[index] as Out);
      });
    } catch (error) {
      if (batch.length > 1 && isItemError?.(error)) return settleHalves(batch);
      for (const entry of batch) {
        clearTimeout(entry.timer);
        entry.reject(error);
      }
    }
  }

  async function settleHalves(batch: Pending<In, Out>[]): Promise<void> {
    const middle = batch.length >> 1;
    await settle(batch.slice(0, middle));
    await settle(batch.slice(middle));
  }

  async function run(): Promise<void> {
    while (!queue.isEmpty) {
      const batch = queue.take(limits);
      const hasMore = !queue.isEmpty;
      await settle(batch);
      // Callers get to use their results before the next flush begins.
      await (hasMore && restMs > 0 ? sleep(restMs) : nextTurn());
    }
    running = false;
  }

  function startTimer(entry: Pending<In, Out>, { ms, detail }: GroupCommitTimeout): void {
    entry.timer = setTimeout(() => {
      queue.remove(entry);
      entry.reject(new PosthornError('unavailable', detail === undefined ? {} : { detail }));
    }, ms);
  }

  return (item) =>
    new Promise<Out>((resolve, reject) => {
      const entry = { item, owner: ownerOf?.(item), resolve, reject, timer: undefined };
      if (timeout) startTimer(entry, timeout);
      queue.push(entry);
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
}
