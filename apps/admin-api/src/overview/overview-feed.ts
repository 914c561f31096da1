import type { OverviewResponse } from '@posthorn/contract';
import type { Part } from '@posthorn/core';
import { every, type Loop } from '@posthorn/runtime';

/** Receives overviews; null if the overview is currently unavailable. */
type OverviewListener = (overview: OverviewResponse | null) => void;

interface OverviewFeedOptions {
  read: (tenantId: string | null) => Promise<OverviewResponse>;
  /** Polling interval, in milliseconds. */
  everyMs: number;
  /** How long an overview may be reused, in milliseconds. */
  freshMs: number;
}

/**
 * Shares overviews between all requests and streams: each is read once while it is fresh, with one poller per followed tenant.
 */
export class OverviewFeed implements Part {
  readonly #read: OverviewFeedOptions['read'];
  readonly #everyMs: number;
  readonly #freshMs: number;
  readonly #fresh = new Map<string | null, Promise<OverviewResponse>>();
  readonly #polled = new Map<string | null, { listeners: Set<OverviewListener>; loop: Loop }>();

  constructor({ read, everyMs, freshMs }: OverviewFeedOptions) {
    this.#read = read;
    this.#everyMs = everyMs;
    this.#freshMs = freshMs;
  }

  /** Returns a recent overview. @param tenantId null for the whole system */
  async latest(tenantId: string | null): Promise<OverviewResponse> {
    const fresh = this.#fresh.get(tenantId);
    if (fresh) return fresh;
    const reading = this.#read(tenantId);
    this.#fresh.set(tenantId, reading);
    setTimeout(() => this.#fresh.delete(tenantId), this.#freshMs).unref();
    return reading;
  }

  /** Calls `listener` now and after each poll, until the returned function is called. */
  follow(tenantId: string | null, listener: OverviewListener): () => void {
    const polled = this.#polled.get(tenantId) ?? this.#poll(tenantId);
    polled.listeners.add(listener);
    void this.latest(tenantId).then(listener, () => listener(null));
    return () => {
      polled.listeners.delete(listener);
      if (polled.listeners.size > 0 || this.#polled.get(tenantId) !== polled) return;
      this.#polled.delete(tenantId);
      void polled.loop.stop();
    };
  }

  #poll(tenantId: string | null) {
    const listeners = new Set<OverviewListener>();
    const notify = (overview: OverviewResponse | null) => {
      for (const listener of listeners) listener(overview);
    };
    // `follow` delivers the first overview.
    let isFirst = true;
    const poll = async () => {
      if (!isFirst) notify(await this.latest(tenantId));
      isFirst = false;
    };
    const polled = { listeners, loop: every(this.#everyMs, poll, () => notify(null)) };
    this.#polled.set(tenantId, polled);
    return polled;
  }

  /** Stops all pollers and removes their listeners. */
  async stop(): Promise<void> {
    const polled = [...this.#polled.values()];
    this.#polled.clear();
    await Promise.all(polled.map(({ loop }) => loop.stop()));
  }

  /** Number of running pollers. */
  get pollers(): number {
    return this.#polled.size;
  }
}
