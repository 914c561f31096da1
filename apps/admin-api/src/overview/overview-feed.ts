import type { OverviewAnswer } from '@posthorn/contract';
import { PosthornError } from '@posthorn/core';
import { every, type Loop } from '@posthorn/runtime';

/** Gets what there is to tell; null: that there is nothing just now. */
export type OverviewReader = (overview: OverviewAnswer | null) => void;

export interface OverviewFeedOptions {
  read: (tenantId: string | null) => Promise<OverviewAnswer>;
  /** Polling interval, in milliseconds. */
  everyMs?: number;
  /** How long an overview may be reused, in milliseconds. */
  freshMs?: number;
}

const POLL_MS = 2000;
const FRESH_MS = 1000;

/** Most streams of one key. */
export const MAX_STREAMS = 20;

/** Seconds after which a stream may be tried again. */
const RETRY_AFTER_S = 10;

/**
 * The overview for all who want it: however many ask, it is read once a second at most; however many follow it, there is one
 * poller for each tenant, and none where nobody follows.
 */
export class OverviewFeed {
  readonly #read: OverviewFeedOptions['read'];
  readonly #everyMs: number;
  readonly #freshMs: number;
  readonly #fresh = new Map<string | null, Promise<OverviewAnswer>>();
  readonly #polled = new Map<string | null, { readers: Set<OverviewReader>; loop: Loop }>();
  readonly #streams = new Map<string, number>();

  constructor({ read, everyMs = POLL_MS, freshMs = FRESH_MS }: OverviewFeedOptions) {
    this.#read = read;
    this.#everyMs = everyMs;
    this.#freshMs = freshMs;
  }

  /** @param tenantId null for the whole system */
  async latest(tenantId: string | null): Promise<OverviewAnswer> {
    const fresh = this.#fresh.get(tenantId);
    if (fresh) return fresh;
    const reading = this.#read(tenantId);
    this.#fresh.set(tenantId, reading);
    setTimeout(() => this.#fresh.delete(tenantId), this.#freshMs).unref();
    return reading;
  }

  /** Tells `reader` now, and then again and again until the answered function is called. */
  follow(tenantId: string | null, reader: OverviewReader): () => void {
    const polled = this.#polled.get(tenantId) ?? this.#poll(tenantId);
    polled.readers.add(reader);
    void this.latest(tenantId).then(reader, () => reader(null));
    return () => {
      polled.readers.delete(reader);
      if (polled.readers.size > 0 || this.#polled.get(tenantId) !== polled) return;
      this.#polled.delete(tenantId);
      void polled.loop.stop();
    };
  }

  #poll(tenantId: string | null) {
    const readers = new Set<OverviewReader>();
    const tell = (overview: OverviewAnswer | null) => {
      for (const reader of readers) reader(overview);
    };
    // Whoever begins it is told at once: see `follow`.
    let isFirst = true;
    const round = async () => {
      if (!isFirst) tell(await this.latest(tenantId));
      isFirst = false;
    };
    const polled = { readers, loop: every(this.#everyMs, round, () => tell(null)) };
    this.#polled.set(tenantId, polled);
    return polled;
  }

  /** How many pollers there are. */
  get pollers(): number {
    return this.#polled.size;
  }

  /** Counts a stream of a key until the answered function is called. @throws PosthornError when it has too many */
  openStream(keyId: string): () => void {
    const taken = this.#streams.get(keyId) ?? 0;
    if (taken >= MAX_STREAMS) {
      const detail = `this key has ${MAX_STREAMS} streams already`;
      throw new PosthornError('too_many_requests', { detail, extra: { retryAfter: RETRY_AFTER_S } });
    }
    this.#streams.set(keyId, taken + 1);
    return () => {
      const left = (this.#streams.get(keyId) ?? 1) - 1;
      if (left > 0) this.#streams.set(keyId, left);
      else this.#streams.delete(keyId);
    };
  }
}
