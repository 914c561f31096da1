/** So old the last answer may be before it is asked again, and before that is waited for, in milliseconds. */
const ASK_AFTER_MS = 50;
const WAIT_AFTER_MS = 250;

/** About how long a lane is: as it was a moment ago, with what was put in since. */
export class LaneLength {
  readonly #ask: () => Promise<number>;
  readonly #nowMs: () => number;
  #length = 0;
  #addedSince = 0;
  #askedAtMs = -Infinity;

  constructor(ask: () => Promise<number>, nowMs: () => number) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** @throws what asking throws, when the last answer is too old */
  async now(): Promise<number> {
    const ageMs = this.#nowMs() - this.#askedAtMs;
    if (ageMs > WAIT_AFTER_MS) await this.#askAgain();
    else if (ageMs > ASK_AFTER_MS) this.#askAgain().catch(() => {});
    return this.#length + this.#addedSince;
  }

  added(count: number): void {
    this.#addedSince += count;
  }

  async #askAgain(): Promise<void> {
    this.#askedAtMs = this.#nowMs();
    this.#length = await this.#ask();
    this.#addedSince = 0;
  }
}
