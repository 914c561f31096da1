/** The webhooks with held deliveries that this worker owns, and when to visit each of them. */
export class VisitSchedule {
  readonly #visits = new Map<string, { atMs: number; emptyCount: number }>();

  get size(): number {
    return this.#visits.size;
  }

  /** Adds webhooks, to be visited now, unless they are known. */
  add(webhookIds: readonly string[]): void {
    for (const id of webhookIds) {
      if (!this.#visits.has(id)) this.#visits.set(id, { atMs: 0, emptyCount: 0 });
    }
  }

  remove(webhookId: string): void {
    this.#visits.delete(webhookId);
  }

  clear(): void {
    this.#visits.clear();
  }

  /** Returns the webhooks to visit now, those first that were visited least recently. */
  due(nowMs: number): string[] {
    return Array.from(this.#visits, ([id, { atMs }]) => (atMs <= nowMs ? id : null)).filter(
      (id) => id !== null,
    );
  }

  /** Returns how many visits in a row released nothing. */
  emptyCount(webhookId: string): number {
    return this.#visits.get(webhookId)?.emptyCount ?? 0;
  }

  /** Sets the time of the next visit, after one that released `count` deliveries. The webhook comes after the others then. */
  visited(webhookId: string, next: { atMs: number; count: number }): void {
    const emptyCount = next.count > 0 ? 0 : this.emptyCount(webhookId) + 1;
    if (this.#visits.delete(webhookId)) this.#visits.set(webhookId, { atMs: next.atMs, emptyCount });
  }

  /** Sets the time of the next visit. The webhook keeps its place among the others. */
  postpone(webhookId: string, atMs: number): void {
    const visit = this.#visits.get(webhookId);
    if (visit) visit.atMs = atMs;
  }
}
