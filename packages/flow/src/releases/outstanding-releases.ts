/** Released deliveries whose wait for a slot has not ended after this time no longer count, in milliseconds. */
const TIMEOUT_MS = 2500;

/**
 * A wait that ends within this time of the release ended with a request, in milliseconds: a delivery that gets no slot is held again
 * only after two seconds, unless its lane is full.
 */
const PROMPT_MS = 1000;

export interface OutstandingCount {
  /** Released deliveries that still wait for a slot. */
  outstanding: number;
  /** Those whose wait has ended since the last call, soon after their release. */
  promptlyEnded: number;
}

/** Deliveries released together. */
interface Batch {
  left: number;
  releasedAtMs: number;
}

interface Entry {
  batches: Batch[];
  /** Waits that ever ended, when they were last counted. */
  endedWaits: number;
}

/** Estimates how many released deliveries of each webhook still wait for a slot. */
export class OutstandingReleases {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param endedWaits waits that ever ended, before the release */
  add(webhookId: string, count: number, endedWaits: number): void {
    if (count === 0) return;
    const entry = this.#entries.get(webhookId) ?? { batches: [], endedWaits };
    entry.batches.push({ left: count, releasedAtMs: this.#nowMs() });
    this.#entries.set(webhookId, entry);
  }

  /** @param endedWaits waits that ever ended, now */
  count(webhookId: string, endedWaits: number): OutstandingCount {
    const entry = this.#entries.get(webhookId);
    if (!entry) return { outstanding: 0, promptlyEnded: 0 };
    // The count starts again when Redis has lost its data.
    let ended = Math.max(endedWaits - entry.endedWaits, 0);
    entry.endedWaits = endedWaits;
    let promptlyEnded = 0;
    for (const batch of entry.batches) {
      const endedOfBatch = Math.min(batch.left, ended);
      batch.left -= endedOfBatch;
      ended -= endedOfBatch;
      if (this.#nowMs() - batch.releasedAtMs <= PROMPT_MS) promptlyEnded += endedOfBatch;
    }
    this.#removeEnded(webhookId, entry);
    return { outstanding: entry.batches.reduce((sum, { left }) => sum + left, 0), promptlyEnded };
  }

  /** Forgets deliveries that no longer count, of webhooks that others release now. */
  prune(): void {
    for (const [webhookId, entry] of this.#entries) this.#removeEnded(webhookId, entry);
  }

  #removeEnded(webhookId: string, entry: Entry): void {
    const oldestMs = this.#nowMs() - TIMEOUT_MS;
    entry.batches = entry.batches.filter(({ left, releasedAtMs }) => left > 0 && releasedAtMs > oldestMs);
    if (entry.batches.length === 0) this.#entries.delete(webhookId);
  }
}
