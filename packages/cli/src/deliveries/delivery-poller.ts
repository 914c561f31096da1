import type { components } from '@posthorn/sdk';
import { collect } from '../command/collect.js';

export type Delivery = components['schemas']['Delivery'];

/** A delivery becomes visible when its transaction commits, so it may appear this long after newer ones. */
const OVERLAP_MS = 30_000;

/** Polls a list of deliveries and reports those that are new or changed. */
export class DeliveryPoller {
  readonly #list: (query: { from?: string }) => AsyncIterable<Delivery>;
  readonly #limit: number;
  #known = new Map<string, string>();
  #from: string | undefined;

  /**
   * @param list returns the deliveries created at or after `from`, newest first
   * @param limit how many of the newest deliveries are followed
   */
  constructor(list: (query: { from?: string }) => AsyncIterable<Delivery>, limit = 1000) {
    this.#list = list;
    this.#limit = limit;
  }

  /** Returns all deliveries and the changed ones, oldest first. The first poll reports all as changed. */
  async poll(): Promise<{ all: Delivery[]; changed: Delivery[] }> {
    const found = await collect(this.#list({ ...(this.#from && { from: this.#from }) }), this.#limit);
    const all = found.toReversed();
    const changed = all.filter((delivery) => this.#known.get(delivery.id) !== stateOf(delivery));
    this.#known = new Map(all.map((delivery) => [delivery.id, stateOf(delivery)]));
    this.#from = nextFrom(all) ?? this.#from;
    return { all, changed };
  }
}

const stateOf = ({ status, reason, attemptCount }: Delivery): string => `${status} ${reason} ${attemptCount}`;

/** Returns where the next poll starts: at the oldest pending delivery, or else some time before the newest. Uses server times only. */
function nextFrom(oldestFirst: readonly Delivery[]): string | undefined {
  const newest = oldestFirst.at(-1);
  if (!newest) return undefined;
  const overlap = new Date(Date.parse(newest.createdAt) - OVERLAP_MS).toISOString();
  const pending = oldestFirst.find(({ status }) => status === 'pending')?.createdAt;
  return pending !== undefined && pending < overlap ? pending : overlap;
}
