import type { Lane, Part } from '@posthorn/core';
import { FloodThrottle, ReplayGate } from '@posthorn/flow';
import type { DeliveryTask } from '@posthorn/queue';

interface LaneTurnsDeps {
  /** The concurrency of the fast lane. */
  concurrency: number;
  /** Limits the concurrency of the fast lane for a while. */
  limitFast: (concurrency: number) => void;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
}

/** The share of the fast lane that chains may use without waiting behind the other jobs. */
const CHAINS_SHARE = 0.5;

const nowMs = (): number => performance.now();

const nothingToEnd = (): void => {};

/** Decides when the deliveries that this process has fetched run: live ones at once, replayed ones in turns beside them. */
export class LaneTurns implements Part {
  readonly #replayGate: ReplayGate;
  readonly #throttle: FloodThrottle;
  /** The present concurrency of the fast lane. */
  #concurrency: number;
  #nextInLane = 0;

  constructor({ concurrency, limitFast, utilization }: LaneTurnsDeps) {
    this.#concurrency = concurrency;
    this.#replayGate = new ReplayGate({ nowMs, utilization });
    const setConcurrency = (limit: number): void => {
      this.#concurrency = limit;
      limitFast(limit);
    };
    this.#throttle = new FloodThrottle({ concurrency, setConcurrency, utilization, nowMs });
  }

  /** Waits until a delivery may run. Returns the function to call when it has left its lane. */
  async wait(task: DeliveryTask): Promise<() => void> {
    if (task.prioritized) this.#throttle.onPrioritizedJob();
    if (task.lane !== 'replay') return this.begin(task);
    await this.#replayGate.waitForTurn(task.priority);
    return nothingToEnd;
  }

  /** Begins the turn of a live delivery. Returns the function to call when it has left its lane. */
  begin({ lane, isNext }: Pick<DeliveryTask, 'lane' | 'isNext'>): () => void {
    const endLive = this.#replayGate.startLive();
    if (!isNext || lane !== 'fast') return endLive;
    this.#nextInLane += 1;
    return () => {
      this.#nextInLane -= 1;
      endLive();
    };
  }

  /**
   * Returns whether the next delivery of a chain may run before the jobs that wait in its lane: it has waited longer than they have. Behind
   * them, a chain would advance by one delivery each time that the lane has been worked off. Half of the lane is left to the others. Chains
   * of slow webhooks wait for their turns: their receivers take longer than the lane.
   */
  maySkipAhead(lane: Lane): boolean {
    return lane === 'fast' && this.#nextInLane < this.#concurrency * CHAINS_SHARE;
  }

  async stop(): Promise<void> {
    await this.#throttle.stop();
  }
}
