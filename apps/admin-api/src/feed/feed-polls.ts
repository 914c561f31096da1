import { type Part, PosthornError } from '@posthorn/core';
import type { WatchedFeed } from '@posthorn/database';
import { every, type Loop } from '@posthorn/runtime';

/** Maximum number of waiting calls of one process. */
export interface PollLimits {
  /** Of a key and its sessions together, or of a portal link. */
  perKey: number;
  perTenant: number;
  total: number;
}

export const POLL_LIMITS: PollLimits = { perKey: 50, perTenant: 500, total: 2000 };

export interface FeedPollsOptions {
  /** Returns the feeds that have changed. */
  findChanged: (feeds: readonly Poll[]) => Promise<readonly Poll[]>;
  onError: (error: unknown) => void;
  /** Ends all calls, and each further one at once. */
  stopping: AbortSignal;
  limits?: PollLimits;
}

/** A call that waits for a change of a feed. */
export interface Poll extends WatchedFeed {
  /** The key that the call counts for. */
  ownerId: string;
  /** The tenant of the webhook. */
  tenantId: string;
}

/** How a call waits. */
export interface PollWait {
  timeoutMs: number;
  /** Calls `onClosed` when the client disconnects. */
  whenClosed: (onClosed: () => void) => void;
}

const CHECK_INTERVAL_MS = 200;

/** Retry-After of a call that would be one too many, in seconds. */
const RETRY_AFTER_S = 10;

/** The calls of this process that wait for entries of feeds. One statement checks all of them, five times a second. */
export class FeedPolls implements Part {
  readonly #options: FeedPollsOptions;
  readonly #limits: PollLimits;
  /** The function that ends each call. */
  readonly #waiting = new Map<Poll, (hasChanged: boolean) => void>();
  readonly #loop: Loop;

  constructor(options: FeedPollsOptions) {
    this.#options = options;
    this.#limits = options.limits ?? POLL_LIMITS;
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
   * @throws PosthornError if too many calls wait, or the process is stopping: readers that call again at once would never wait
   */
  wait(poll: Poll, { timeoutMs, whenClosed }: PollWait): Promise<boolean> {
    this.#assertMayWait(poll);
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

  #assertMayWait({ ownerId, tenantId }: Poll): void {
    const { perKey, perTenant, total } = this.#limits;
    if (this.#options.stopping.aborted)
      throw new PosthornError('unavailable', { detail: 'The process is stopping', extra: { retryAfter: 1 } });
    const extra = { retryAfter: RETRY_AFTER_S };
    if (this.#waiting.size >= total)
      throw new PosthornError('unavailable', {
        detail: `${total} calls of this process already wait for entries`,
        extra,
      });
    const waiting = [...this.#waiting.keys()];
    const ofKey = waiting.filter((poll) => poll.ownerId === ownerId).length;
    const ofTenant = waiting.filter((poll) => poll.tenantId === tenantId).length;
    if (ofKey >= perKey || ofTenant >= perTenant)
      throw new PosthornError('too_many_requests', {
        detail: `${ofKey >= perKey ? `${perKey} calls of this key` : `${perTenant} calls for webhooks of this tenant`} already wait for entries. Call without \`wait\`.`,
        extra,
      });
  }
}
