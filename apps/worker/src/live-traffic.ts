/** Without live deliveries for this long there is nothing to give way to, in milliseconds. */
const QUIET_AFTER_MS = 200;

/** However busy it is, a replay goes on after waiting this long, in milliseconds. */
const LONGEST_WAIT_MS = 100;

/** Lets replayed deliveries give way to live ones: while there are any, they run one at a time, when none is under way. */
export class LiveTraffic {
  readonly #nowMs: () => number;
  #underWay = 0;
  #lastAtMs = -Infinity;
  #turn: Promise<void> = Promise.resolve();
  #onGap: (() => void) | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts a live delivery for as long as it lasts. */
  async during<T>(live: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await live();
    } finally {
      this.#underWay -= 1;
      this.#lastAtMs = this.#nowMs();
      if (this.#underWay === 0) this.#onGap?.();
    }
  }

  /** Resolves when a replayed delivery may run. */
  gap(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#nextGap());
    return this.#turn;
  }

  #nextGap(): Promise<void> {
    if (this.#underWay === 0 && this.#nowMs() - this.#lastAtMs > QUIET_AFTER_MS) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(go, LONGEST_WAIT_MS);
      this.#onGap = go;
      function go(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
