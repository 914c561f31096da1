/** Without live deliveries for this long there is nothing to give way to, in milliseconds. */
const QUIET_AFTER_MS = 200;

/** The pause before each replayed delivery where the process is busy half of the time, and the longest, in milliseconds. */
const PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 400;

export interface ReplayGateDeps {
  nowMs: () => number;
  /** How busy this process has been of late, 0 to 1. */
  utilization: () => number;
}

/**
 * Lets replayed deliveries give way to live ones: while there are any, replays come one after the other with pauses, the longer
 * the busier the process is.
 */
export class ReplayGate {
  readonly #deps: ReplayGateDeps;
  #underWay = 0;
  #lastAtMs = -Infinity;
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: ReplayGateDeps) {
    this.#deps = deps;
  }

  /** Counts a live delivery for as long as it lasts. */
  async during<T>(live: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await live();
    } finally {
      this.#underWay -= 1;
      this.#lastAtMs = this.#deps.nowMs();
    }
  }

  /** Resolves when a replayed delivery may run. */
  gap(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#pause());
    return this.#turn;
  }

  async #pause(): Promise<void> {
    if (this.#underWay === 0 && this.#deps.nowMs() - this.#lastAtMs > QUIET_AFTER_MS) return;
    const busy = this.#deps.utilization();
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min((PAUSE_MS * busy) / (1 - busy), LONGEST_PAUSE_MS));
    });
  }
}
