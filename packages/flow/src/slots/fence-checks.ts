import type { SlotDecision } from './waiting-deliveries.js';

type Resolve = (decision: SlotDecision) => void;

/** Deliveries that wait until the store has compared their webhook with its fence, in a request that begins after they asked. */
export class FenceChecks {
  #waiting: Resolve[] = [];
  #inFlight: Resolve[] = [];

  get size(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  add(): Promise<SlotDecision> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** A request to the store begins. */
  begin(): void {
    this.#inFlight.push(...this.#waiting.splice(0));
  }

  /** The request to the store has ended. */
  end(decision: SlotDecision): void {
    for (const resolve of this.#inFlight.splice(0)) resolve(decision);
  }

  endAll(decision: SlotDecision): void {
    this.begin();
    this.end(decision);
  }
}
