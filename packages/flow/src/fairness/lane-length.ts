/** Age of the last count at which it is refreshed in the background, in milliseconds. */
const REFRESH_AFTER_MS = 50;

/** Age of the last count at which the refresh is awaited, in milliseconds. */
const MAX_AGE_MS = 250;

/** Estimates the length of a lane: the last count plus the jobs added since. */
export class LaneLength {
  readonly #count: () => Promise<number>;
  readonly #nowMs: () => number;
  #length = 0;
  #addedSince = 0;
  #countedAtMs = -Infinity;

  constructor(count: () => Promise<number>, nowMs: () => number) {
    this.#count = count;
    this.#nowMs = nowMs;
  }

  /** @throws the error of `count`, when the last count is too old */
  async estimate(): Promise<number> {
    const ageMs = this.#nowMs() - this.#countedAtMs;
    if (ageMs > MAX_AGE_MS) await this.#refresh();
    else if (ageMs > REFRESH_AFTER_MS) this.#refresh().catch(() => {});
    return this.#length + this.#addedSince;
  }

  add(jobCount: number): void {
    this.#addedSince += jobCount;
  }

  async #refresh(): Promise<void> {
    this.#countedAtMs = this.#nowMs();
    this.#length = await this.#count();
    this.#addedSince = 0;
  }
}
