export interface FloodThrottleDeps {
  /** Of the lane, when it is not flooded. */
  places: number;
  limit: (places: number) => void;
  /** How busy this process has been of late, 0 to 1. */
  utilization: () => number;
  nowMs: () => number;
}

const PLACES_AT_FIRST = 16;
const FEWEST_PLACES = 2;

/** Busier than this, and whoever is put ahead waits for the others' work here. */
const TOO_BUSY = 0.6;

const ADJUST_EVERY_MS = 100;

/** The flood is over when nobody was put ahead for so long, in milliseconds. */
const OVER_AFTER_MS = 2000;

/**
 * While one tenant floods the fast lane and others are put ahead of it, only as many deliveries are worked on at a time as
 * leave this process time for the others: few where receivers are quick and the processor is what there is least of, more
 * where they are slow.
 */
export class FloodThrottle {
  readonly #deps: FloodThrottleDeps;
  #places = PLACES_AT_FIRST;
  #adjusting: NodeJS.Timeout | undefined;
  #noticedAtMs = 0;

  constructor(deps: FloodThrottleDeps) {
    this.#deps = deps;
  }

  /** A delivery was put ahead. */
  notice(): void {
    this.#noticedAtMs = this.#deps.nowMs();
    if (this.#adjusting) return;
    this.#adjusting = setInterval(() => this.#adjust(), ADJUST_EVERY_MS).unref();
    this.#setPlaces(PLACES_AT_FIRST);
  }

  #adjust(): void {
    if (this.#deps.nowMs() - this.#noticedAtMs > OVER_AFTER_MS) {
      clearInterval(this.#adjusting);
      this.#adjusting = undefined;
      this.#deps.limit(this.#deps.places);
      return;
    }
    const isTooBusy = this.#deps.utilization() > TOO_BUSY;
    this.#setPlaces(isTooBusy ? Math.floor(this.#places * 0.75) : this.#places + 1);
  }

  #setPlaces(places: number): void {
    this.#places = Math.min(Math.max(places, FEWEST_PLACES), this.#deps.places);
    this.#deps.limit(this.#places);
  }
}
