import { assertState } from './assert-state.js';

/**
 * The slots of one webhook that this worker has leased from the store. Each leased slot is in one of two states:
 *
 * - `free`: the next delivery can use it without asking the store
 * - `in use`: a request is in flight, or about to start
 *
 * A free slot is returned when the window has shrunk (`setExcess`) or when it stayed free for a whole tick (`returnIdle`).
 * Invariant: 0 ≤ inUse ≤ leased.
 */
export class LeasedSlots {
  #leased = 0;
  #inUse = 0;
  /** The fewest free slots since the last `returnIdle`. */
  #minFree = 0;
  /** Slots to return as they become free. */
  #excess = 0;

  get leased(): number {
    return this.#leased;
  }

  get free(): number {
    return this.#leased - this.#inUse;
  }

  grant(count: number): void {
    assertState(count >= 0, `cannot grant ${count} slots`);
    this.#leased += count;
  }

  use(): void {
    assertState(this.free > 0, 'no slot is free');
    this.#inUse += 1;
    this.#trackFree();
  }

  /** The slot of a request is free again. */
  finish(): void {
    assertState(this.#inUse > 0, 'no slot is in use');
    this.#inUse -= 1;
  }

  /** Sets how many slots are leased beyond the window. They are returned as soon as they are free. */
  setExcess(count: number): void {
    this.#excess = count;
    this.returnExcess();
  }

  returnExcess(): void {
    const count = Math.min(this.#excess, this.free);
    this.#leased -= count;
    this.#excess -= count;
    this.#trackFree();
  }

  /** Returns every free slot. */
  returnFree(): void {
    this.#leased = this.#inUse;
    this.#trackFree();
  }

  /** Returns the slots that have been free since the last call. */
  returnIdle(): void {
    this.#leased -= Math.min(this.#minFree, this.free);
    this.#minFree = this.free;
  }

  #trackFree(): void {
    this.#minFree = Math.min(this.#minFree, this.free);
  }
}
