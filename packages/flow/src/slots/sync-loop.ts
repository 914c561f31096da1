/** Maximum number of webhooks in one request to the store. */
const MAX_BATCH = 200;

const RETRY_DELAY_MS = 500;

interface SyncLoopOptions<Item> {
  /** Makes one request, and resolves to whether it succeeded. */
  sync: (batch: readonly Item[]) => Promise<boolean>;
  /** Whether no further request starts by itself. */
  isStopped: () => boolean;
}

/** Makes the requests to one shard of the slot store. Items that become due while a request is in flight are part of the next one. */
export class SyncLoop<Item> {
  readonly #options: SyncLoopOptions<Item>;
  readonly #due = new Set<Item>();
  #isRunning = false;
  #request: Promise<boolean> | null = null;

  constructor(options: SyncLoopOptions<Item>) {
    this.#options = options;
  }

  /** Returns whether the item waits for the next request. */
  has(item: Item): boolean {
    return this.#due.has(item);
  }

  add(item: Item): void {
    this.#due.add(item);
    this.#run();
  }

  /** Makes the last requests, for the due items of a stopped loop. Does not retry one that fails. */
  async flush(): Promise<void> {
    await this.#request;
    while (this.#due.size > 0 && (await this.#syncBatch()));
  }

  #run(): void {
    if (this.#isRunning || this.#options.isStopped()) return;
    this.#isRunning = true;
    setImmediate(() => {
      void this.#syncAllDue().finally(() => {
        this.#isRunning = false;
        // Items that became due after the last batch.
        if (this.#due.size > 0) this.#run();
      });
    });
  }

  async #syncAllDue(): Promise<void> {
    while (this.#due.size > 0 && !this.#options.isStopped()) {
      if (await this.#syncBatch()) continue;
      await new Promise((resolve) => {
        setTimeout(resolve, RETRY_DELAY_MS);
      });
    }
  }

  #syncBatch(): Promise<boolean> {
    const batch = [...this.#due].slice(0, MAX_BATCH);
    for (const item of batch) this.#due.delete(item);
    this.#request = this.#options.sync(batch);
    return this.#request;
  }
}
