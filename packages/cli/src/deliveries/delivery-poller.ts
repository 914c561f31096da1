import type { components } from '@posthorn/sdk';
import { take } from '../api-command.js';

export type Delivery = components['schemas']['Delivery'];

/** Deliveries do not show in the order of their times: one whose transaction took long comes so late at most. */
const OVERLAP_MS = 30_000;

/** Deliveries that are new or have changed since the last look. */
export class DeliveryPoller {
  readonly #list: (query: { from?: string }) => AsyncIterable<Delivery>;
  readonly #most: number;
  #known = new Map<string, string>();
  #from: string | undefined;

  /**
   * @param list the deliveries that were made at `from` or later, newest first
   * @param most how many are followed: what is older than the newest so many is not
   */
  constructor(list: (query: { from?: string }) => AsyncIterable<Delivery>, most = 1000) {
    this.#list = list;
    this.#most = most;
  }

  /** Oldest first. The first look finds everything new. */
  async poll(): Promise<{ all: Delivery[]; changed: Delivery[] }> {
    const found = await take(this.#list({ ...(this.#from && { from: this.#from }) }), this.#most);
    const all = found.toReversed();
    const changed = all.filter((delivery) => this.#known.get(delivery.id) !== stateOf(delivery));
    this.#known = new Map(all.map((delivery) => [delivery.id, stateOf(delivery)]));
    this.#from = nextFrom(all) ?? this.#from;
    return { all, changed };
  }
}

const stateOf = ({ status, reason, attemptCount }: Delivery): string => `${status} ${reason} ${attemptCount}`;

/** By the clock of Posthorn alone: from the oldest that is still pending, and some time before the newest. */
function nextFrom(oldestFirst: readonly Delivery[]): string | undefined {
  const newest = oldestFirst.at(-1);
  if (!newest) return undefined;
  const overlap = new Date(Date.parse(newest.createdAt) - OVERLAP_MS).toISOString();
  const pending = oldestFirst.find(({ status }) => status === 'pending')?.createdAt;
  return pending !== undefined && pending < overlap ? pending : overlap;
}
