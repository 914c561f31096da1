/**
 * Runs jobs concurrently, except suspects: jobs that may have killed the processes that ran them. A suspect runs alone, so that
 * it takes no other job with it.
 */
export class Isolation {
  #running = 0;
  #hasSuspect = false;
  #onIdle: (() => void) | null = null;

  /** Whether a suspect is running or waits until it is alone. No other job may start. */
  get isClosed(): boolean {
    return this.#hasSuspect;
  }

  async run(work: () => Promise<void>): Promise<void> {
    this.#running += 1;
    try {
      await work();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /** Waits for the running jobs, then runs a suspect. */
  async runAlone(work: () => Promise<void>): Promise<void> {
    this.#hasSuspect = true;
    try {
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
      await work();
    } finally {
      this.#onIdle = null;
      this.#hasSuspect = false;
    }
  }
}
