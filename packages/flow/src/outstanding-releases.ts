/** Released deliveries that have not started after this time no longer count, in milliseconds. */
const TIMEOUT_MS = 2500;

/** Deliveries released together. */
interface Batch {
  left: number;
  releasedAtMs: number;
}

interface Entry {
  batches: Batch[];
  /** Requests ever started, when they were last counted. */
  started: number;
}

/** Estimates how many released deliveries of each webhook have not started yet. */
export class OutstandingReleases {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param started requests ever started, before the release */
  add(webhookId: string, count: number, started: number): void {
    if (count === 0) return;
    const entry = this.#entries.get(webhookId) ?? { batches: [], started };
    entry.batches.push({ left: count, releasedAtMs: this.#nowMs() });
    this.#entries.set(webhookId, entry);
  }

  /** @param started requests ever started, now */
  count(webhookId: string, started: number): number {
    const entry = this.#entries.get(webhookId);
    if (!entry) return 0;
    // The count starts again when Redis has lost its data.
    let starts = Math.max(started - entry.started, 0);
    entry.started = started;
    for (const batch of entry.batches) {
      const startedOfBatch = Math.min(batch.left, starts);
      batch.left -= startedOfBatch;
      starts -= startedOfBatch;
    }
    this.#removeEnded(webhookId, entry);
    return entry.batches.reduce((sum, { left }) => sum + left, 0);
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
