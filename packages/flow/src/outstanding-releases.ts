/** Released deliveries that have not started after this time no longer count, in milliseconds. */
const TIMEOUT_MS = 1500;

interface Entry {
  released: number;
  /** Requests ever started when the first of them was released. */
  startedBefore: number;
  sinceMs: number;
}

/** Estimates how many released deliveries of each webhook have not started yet. */
export class OutstandingReleases {
  readonly #entries = new Map<string, Entry>();

  /** @param started requests ever started, before the release */
  add(webhookId: string, count: number, started: number): void {
    if (count === 0) return;
    const entry = this.#entries.get(webhookId);
    if (!entry) {
      this.#entries.set(webhookId, { released: count, startedBefore: started, sinceMs: Date.now() });
      return;
    }
    entry.released += count;
    entry.sinceMs = Date.now();
  }

  /** @param started requests ever started, now */
  count(webhookId: string, started: number): number {
    const entry = this.#entries.get(webhookId);
    if (!entry) return 0;
    const left = entry.released - (started - entry.startedBefore);
    if (left > 0 && Date.now() - entry.sinceMs < TIMEOUT_MS) return left;
    this.#entries.delete(webhookId);
    return 0;
  }
}
