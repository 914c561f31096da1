import type { Admission } from './waiting-deliveries.js';

type Resolve = (admission: Admission) => void;

/** Deliveries that wait until the store has compared their webhook with its fence, in a request that begins after they asked. */
export class FenceChecks {
  #waiting: Resolve[] = [];
  #inFlight: Resolve[] = [];

  get size(): number {
    return this.#waiting.length + this.#inFlight.length;
  }

  add(): Promise<Admission> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** A request to the store begins. */
  begin(): void {
    this.#inFlight.push(...this.#waiting.splice(0));
  }

  /** The request to the store has ended. */
  end(admission: Admission): void {
    for (const resolve of this.#inFlight.splice(0)) resolve(admission);
  }

  endAll(admission: Admission): void {
    this.begin();
    this.end(admission);
  }
}
