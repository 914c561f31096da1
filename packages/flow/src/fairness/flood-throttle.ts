import type { Part } from '@posthorn/core';

interface FloodThrottleDeps {
  /** Concurrency of the lane without a flood. */
  concurrency: number;
  setConcurrency: (concurrency: number) => void;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
  nowMs: () => number;
}

const INITIAL_CONCURRENCY = 16;
const MIN_CONCURRENCY = 2;

/** Above this utilization the concurrency decreases: prioritized jobs would wait for the processor. */
const MAX_UTILIZATION = 0.6;

const ADJUST_INTERVAL_MS = 100;

/** The flood is over when no prioritized job has come for this long, in milliseconds. */
const FLOOD_TIMEOUT_MS = 2000;

/**
 * Limits the concurrency of the fast lane while one tenant floods it and jobs of other tenants are prioritized, so that this
 * process has time for them. The limit depends on utilization: low when receivers are fast and the processor is the
 * bottleneck, higher when receivers are slow.
 */
export class FloodThrottle implements Part {
  readonly #deps: FloodThrottleDeps;
  #concurrency = INITIAL_CONCURRENCY;
  /** Set while there is a flood. */
  #timer: NodeJS.Timeout | undefined;
  #lastPrioritizedAtMs = 0;

  constructor(deps: FloodThrottleDeps) {
    this.#deps = deps;
  }

  /** Called for each prioritized job: the first one starts the throttle. */
  onPrioritizedJob(): void {
    this.#lastPrioritizedAtMs = this.#deps.nowMs();
    if (this.#timer) return;
    this.#timer = setInterval(() => this.#adjust(), ADJUST_INTERVAL_MS).unref();
    this.#limit(INITIAL_CONCURRENCY);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #adjust(): void {
    if (this.#deps.nowMs() - this.#lastPrioritizedAtMs > FLOOD_TIMEOUT_MS) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#deps.setConcurrency(this.#deps.concurrency);
      return;
    }
    const isBusy = this.#deps.utilization() > MAX_UTILIZATION;
    this.#limit(isBusy ? Math.floor(this.#concurrency * 0.75) : this.#concurrency + 1);
  }

  #limit(concurrency: number): void {
    this.#concurrency = Math.min(Math.max(concurrency, MIN_CONCURRENCY), this.#deps.concurrency);
    this.#deps.setConcurrency(this.#concurrency);
  }
}
