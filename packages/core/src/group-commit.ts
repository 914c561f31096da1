export interface GroupCommitOptions {
  /** Most items that one flush takes. */
  maxBatch?: number;
  /**
   * Whether a failure may be the fault of a single item. Then the batch is halved until that item stands alone, and only
   * it fails.
   */
  isItemFault?: (error: unknown) => boolean;
}

interface Waiting<In, Out> {
  item: In;
  resolve: (value: Out) => void;
  reject: (error: unknown) => void;
}

/**
 * Turns a function over many items into one over a single item: whatever is asked for while a flush is under way goes
 * into the next one. No timer: a lone item waits for nothing but the present turn of the event loop.
 *
 * @param flush answers one result for each item, in the same order
 */
export function groupCommit<In, Out>(
  flush: (items: In[]) => Promise<Out[]>,
  { maxBatch = 500, isItemFault = () => false }: GroupCommitOptions = {},
): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];
  let running = false;

  async function settle(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await flush(batch.map((entry) => entry.item));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- flush answers one result for each item
      batch.forEach((entry, index) => entry.resolve(results[index] as Out));
    } catch (error) {
      if (batch.length === 1 || !isItemFault(error)) {
        for (const entry of batch) entry.reject(error);
        return;
      }
      const middle = batch.length >> 1;
      await settle(batch.slice(0, middle));
      await settle(batch.slice(middle));
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await settle(batch);
    }
    running = false;
  }

  return (item) =>
    new Promise<Out>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
}
