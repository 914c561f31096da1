/** Replays run without pauses once there has been no live delivery for this long, in milliseconds. */
const IDLE_AFTER_MS = 200;

/** Pause before each replayed delivery at 50 % utilization, and the longest pause, in milliseconds. */
const PAUSE_MS = 40;
const MAX_PAUSE_MS = 400;

interface ReplayGateDeps {
  nowMs: () => number;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
}

interface Waiting {
  turn: number;
  resolve: () => void;
}

/**
 * Slows replayed deliveries down while there are live ones: they run one after the other, in order of their turns, with pauses that
 * grow with the utilization of the process.
 */
export class ReplayGate {
  readonly #deps: ReplayGateDeps;
  #liveInFlight = 0;
  #lastLiveAtMs = -Infinity;
  readonly #waiting: Waiting[] = [];

  constructor(deps: ReplayGateDeps) {
    this.#deps = deps;
  }

  /** Counts a live delivery as in flight until the returned function is called. */
  startLive(): () => void {
    this.#liveInFlight += 1;
    return () => {
      this.#liveInFlight -= 1;
      this.#lastLiveAtMs = this.#deps.nowMs();
    };
  }

  /** Resolves when a replayed delivery may run: the one with the lowest turn first, of several the one that waits longest. */
  waitForTurn(turn: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ turn, resolve });
      if (this.#waiting.length === 1) void this.#admitAll();
    });
  }

  /** A delivery that arrives during the pause may be the next one. */
  async #admitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#pause();
      const next = this.#waiting.reduce((first, each) => (each.turn < first.turn ? each : first));
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.resolve();
    }
  }

  async #pause(): Promise<void> {
    if (this.#liveInFlight === 0 && this.#deps.nowMs() - this.#lastLiveAtMs > IDLE_AFTER_MS) return;
    const utilization = this.#deps.utilization();
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min((PAUSE_MS * utilization) / (1 - utilization), MAX_PAUSE_MS));
    });
  }
}
