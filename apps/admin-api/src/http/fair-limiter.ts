/** Runs work of many owners, a few pieces at a time. Owners take turns; the work of each runs first come, first served. */
export class FairLimiter {
  #free: number;
  /** The owners in the order of their turns. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param concurrency maximum number of pieces of work that run at the same time */
  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  async run<Result>(owner: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(owner);
    try {
      return await work();
    } finally {
      this.#startNext();
    }
  }

  #turn(owner: string): Promise<void> {
    return new Promise((start) => {
      const own = this.#waiting.get(owner);
      if (own) own.push(start);
      else this.#waiting.set(owner, [start]);
    });
  }

  #startNext(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#free += 1;
      return;
    }
    const [owner, [start, ...others]] = first;
    this.#waiting.delete(owner);
    if (others.length > 0) this.#waiting.set(owner, others);
    start?.();
  }
}
