import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { PosthornError } from '../errors.js';
import { type InLine, WaitingLine } from './fair-queue.js';

export interface GroupCommitOptions<In> {
  /** Most items that one flush takes. */
  maxBatch?: number;
  /** What an item weighs when its turn comes, and the most that one flush takes of it. A heavier item goes alone. */
  weigh?: (item: In) => number;
  maxWeight?: number;
  /** How long it rests after a flush that could not take all that waited, in milliseconds: others have work to do, too. */
  restMs?: number;
  /** Whose item it is. Owners take turns, so that whoever brings many does not hold up the others. */
  ownerOf?: (item: In) => unknown;
  /**
   * Longest that anybody waits for a result, and what is told then; without end unless said. An item that is in no
   * flush by then will be in none; what becomes of one whose flush is under way is not known.
   */
  patience?: { ms: number; detail?: string };
  /**
   * Whether a failure may be the fault of a single item. Then the batch is halved until that item stands alone, and only
   * it fails.
   */
  isItemFault?: (error: unknown) => boolean;
}

interface Waiting<In, Out> extends InLine {
  item: In;
  resolve: (value: Out) => void;
  reject: (error: unknown) => void;
  deadline: NodeJS.Timeout | undefined;
}

/**
 * Turns a function over many items into one over a single item: whatever is asked for while a flush is under way goes
 * into the next one, a turn of the event loop later. A lone item waits for nothing but the present turn.
 *
 * @param flush answers one result for each item, in the same order
 * @returns rejects with `unavailable` what takes longer than `patience`
 */
export function groupCommit<In, Out>(
  flush: (items: In[]) => Promise<Out[]>,
  options: GroupCommitOptions<In> = {},
): (item: In) => Promise<Out> {
  const { maxBatch = 500, weigh = () => 0, maxWeight = Infinity } = options;
  const { restMs = 0, ownerOf, patience, isItemFault } = options;
  const line = new WaitingLine<Waiting<In, Out>>();
  const bounds = { maxItems: maxBatch, weigh: (entry: Waiting<In, Out>) => weigh(entry.item), maxWeight };
  let running = false;

  async function settle(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await flush(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        clearTimeout(entry.deadline);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- flush answers one result for each item
        entry.resolve(results[index] as Out);
      });
    } catch (error) {
      if (batch.length > 1 && isItemFault?.(error)) return settleHalves(batch);
      for (const entry of batch) {
        clearTimeout(entry.deadline);
        entry.reject(error);
      }
    }
  }

  async function settleHalves(batch: Waiting<In, Out>[]): Promise<void> {
    const middle = batch.length >> 1;
    await settle(batch.slice(0, middle));
    await settle(batch.slice(middle));
  }

  async function run(): Promise<void> {
    while (!line.isEmpty) {
      const batch = line.take(bounds);
      const isMore = !line.isEmpty;
      await settle(batch);
      // What this flush has brought about goes out before the next one begins.
      await (isMore && restMs > 0 ? sleep(restMs) : nextTurn());
    }
    running = false;
  }

  function startDeadline(entry: Waiting<In, Out>, { ms, detail }: { ms: number; detail?: string }): void {
    entry.deadline = setTimeout(() => {
      line.remove(entry);
      entry.reject(new PosthornError('unavailable', detail === undefined ? {} : { detail }));
    }, ms);
  }

  return (item) =>
    new Promise<Out>((resolve, reject) => {
      const entry = {
        item,
        owner: ownerOf?.(item),
        resolve,
        reject,
        deadline: undefined,
      };
      if (patience) startDeadline(entry, patience);
      line.push(entry);
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
}
