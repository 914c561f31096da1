import type { WaitingDelivery } from './waiting-deliveries.js';

/** The starts of rate-limited requests that have their slot and wait for the time that the store assigned. */
export class ScheduledStarts {
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /**
   * Admits a delivery after `waitMs`, or defers it if `canStart` returns false by then.
   * @param onDeferred called before the delivery is deferred
   */
  schedule(
    delivery: WaitingDelivery | undefined,
    { waitMs, canStart, onDeferred }: { waitMs: number; canStart: () => boolean; onDeferred: () => void },
  ): void {
    this.#count += 1;
    setTimeout(() => {
      this.#count -= 1;
      if (canStart()) {
        delivery?.resolve('admitted');
        return;
      }
      onDeferred();
      delivery?.resolve('deferred');
    }, waitMs);
  }
}
