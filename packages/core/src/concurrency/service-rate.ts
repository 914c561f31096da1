/** A flush of a full batch. */
interface FullFlush {
  weight: number;
  /** Until the next flush. */
  durationMs: number;
}

/** The share of its influence that a flush keeps with each later one. About ten flushes count. */
const DECAY = 0.9;

/** After this time without a full flush, the rate is unknown. */
const EXPIRY_MS = 10_000;

/**
 * Measures how fast a backlog is served. Only full flushes count: while there is no backlog, the rate is as low as the demand,
 * far below the capacity.
 */
export class ServiceRate {
  #weight = 0;
  #durationMs = 0;
  #flushes = 0;
  #observedAtMs = -Infinity;

  observe({ weight, durationMs }: FullFlush, nowMs: number): void {
    if (nowMs - this.#observedAtMs > EXPIRY_MS) this.#weight = this.#durationMs = this.#flushes = 0;
    this.#weight = this.#weight * DECAY + weight;
    this.#durationMs = this.#durationMs * DECAY + durationMs;
    this.#flushes = this.#flushes * DECAY + 1;
    this.#observedAtMs = nowMs;
  }

  /**
   * Returns the time until a backlog of this weight is served, in milliseconds: 0 if it fits into one flush, or if the rate
   * is unknown.
   */
  durationMs(weight: number, nowMs: number): number {
    const isKnown = nowMs - this.#observedAtMs <= EXPIRY_MS;
    if (!isKnown || weight * this.#flushes <= this.#weight) return 0;
    return (weight / this.#weight) * this.#durationMs;
  }
}
