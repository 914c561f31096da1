import type { Part } from '@posthorn/core';
import { FloodThrottle, ReplayGate } from '@posthorn/flow';
import type { DeliveryTask } from '@posthorn/queue';

export interface LaneTurnsDeps {
  /** The concurrency of the fast lane. */
  concurrency: number;
  /** Limits the concurrency of the fast lane for a while. */
  limitFast: (concurrency: number) => void;
  /** Recent event loop utilization of this process, 0 to 1. */
  utilization: () => number;
}

const nowMs = (): number => performance.now();

const nothingToEnd = (): void => {};

/** Decides when the deliveries that this process has fetched run: live ones at once, replayed ones in turns beside them. */
export class LaneTurns implements Part {
  readonly #replayGate: ReplayGate;
  readonly #throttle: FloodThrottle;

  constructor({ concurrency, limitFast, utilization }: LaneTurnsDeps) {
    this.#replayGate = new ReplayGate({ nowMs, utilization });
    this.#throttle = new FloodThrottle({ concurrency, setConcurrency: limitFast, utilization, nowMs });
  }

  /** Waits until a delivery may run. Returns the function to call when it has left its lane. */
  async wait({ lane, prioritized, priority }: DeliveryTask): Promise<() => void> {
    if (prioritized) this.#throttle.onPrioritizedJob();
    if (lane !== 'replay') return this.#replayGate.startLive();
    await this.#replayGate.waitForTurn(priority);
    return nothingToEnd;
  }

  async stop(): Promise<void> {
    await this.#throttle.stop();
  }
}
