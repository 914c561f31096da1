import { type Part, PosthornError } from '@posthorn/core';
import type { WatchedFeed } from '@posthorn/database/feed';
import { every, type Loop } from '@posthorn/runtime';

interface FeedPollsOptions {
  /** Returns the feeds that have changed. */
  findChanged: (feeds: readonly WatchedFeed[]) => Promise<readonly WatchedFeed[]>;
  onError: (error: unknown) => void;
  /** Ends all calls, and each further one at once. */
  stopping: AbortSignal;
}

/** How a call waits. */
interface PollWait {
  timeoutMs: number;
  /** Calls `onClosed` when the client disconnects. */
  whenClosed: (onClosed: () => void) => void;
}

const CHECK_INTERVAL_MS = 200;

/** The calls of this process that wait for entries of feeds. One statement checks all of them, five times a second. */
export class FeedPolls implements Part {
  readonly #options: FeedPollsOptions;
  /** The function that ends each call. */
  readonly #waiting = new Map<WatchedFeed, (hasChanged: boolean) => void>();
  readonly #loop: Loop;

  constructor(options: FeedPollsOptions) {
    this.#options = options;
    this.#loop = every(CHECK_INTERVAL_MS, () => this.#check(), options.onError);
    options.stopping.addEventListener('abort', () => this.#endAll(), { once: true });
  }

  /** Number of waiting calls. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits until the feed has an entry, its webhook is no longer active, or the key is no longer valid. Returns false after the timeout, when
   * the client has disconnected, and when the process stops.
   * @throws PosthornError if the process is stopping: readers that call again at once would never wait
   */
  wait(poll: WatchedFeed, { timeoutMs, whenClosed }: PollWait): Promise<boolean> {
    if (this.#options.stopping.aborted)
      throw new PosthornError('unavailable', { detail: 'The process is stopping', extra: { retryAfter: 1 } });
    return new Promise((resolve) => {
      const end = (hasChanged: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(poll);
        resolve(hasChanged);
      };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.#waiting.set(poll, end);
      whenClosed(() => end(false));
    });
  }

  /** Ends all calls. */
  async stop(): Promise<void> {
    this.#endAll();
    await this.#loop.stop();
  }

  async #check(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const changed = await this.#options.findChanged([...this.#waiting.keys()]);
    for (const poll of changed) this.#waiting.get(poll)?.(true);
  }

  #endAll(): void {
    for (const end of this.#waiting.values()) end(false);
  }
}
