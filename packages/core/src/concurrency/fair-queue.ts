export interface Owned {
  /** The queue is fair between owners. Compared by identity. */
  owner: unknown;
  /** The cost of serving the entry, more than 0. */
  weight: number;
}

/** The most that one `take` may return. */
export interface BatchLimits {
  maxItems: number;
  maxWeight: number;
}

/**
 * A queue that serves its owners equal shares of weight, and the entries of each owner first in, first out. An owner with
 * light entries is served more of them than an owner with heavy ones.
 */
export class FairQueue<Entry extends Owned> {
  /** Holds no empty queue. Among equals, the owner that was served longest ago comes first. */
  readonly #byOwner = new Map<unknown, OwnQueue<Entry>>();
  /** The virtual time of the latest entry that was served. An owner that starts to wait is not ahead of it or behind it. */
  #servedUpTo = 0;

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  push(entry: Entry): void {
    let queue = this.#byOwner.get(entry.owner);
    if (!queue) this.#byOwner.set(entry.owner, (queue = new OwnQueue(this.#servedUpTo)));
    queue.push(entry);
  }

  /** Removes an entry. Does nothing if the entry is not in the queue. */
  remove(entry: Entry): void {
    const queue = this.#byOwner.get(entry.owner);
    queue?.remove(entry);
    if (!queue?.first) this.#byOwner.delete(entry.owner);
  }

  /** Removes and returns the next entries within both limits. Returns at least one entry, even one above `maxWeight`. */
  take({ maxItems, maxWeight }: BatchLimits): Entry[] {
    const batch: Entry[] = [];
    let weight = 0;
    while (batch.length < maxItems) {
      const queue = this.#leastServed();
      if (!queue?.first) break;
      weight += queue.first.weight;
      if (batch.length > 0 && weight > maxWeight) break;
      batch.push(queue.first);
      this.#serve(queue, queue.first);
    }
    return batch;
  }

  /** Returns the weight that is served before a new entry: that of its owner, and as much of each other owner in that time. */
  weightAhead({ owner, weight }: Owned): number {
    const endsAt = (this.#byOwner.get(owner)?.endsAt ?? this.#servedUpTo) + weight;
    let ahead = 0;
    for (const other of this.#byOwner.values()) {
      ahead += Math.min(Math.max(endsAt - other.servedUpTo, 0), other.weight);
    }
    return ahead;
  }

  /** The weight of all entries. */
  get weight(): number {
    return [...this.#byOwner.values()].reduce((sum, queue) => sum + queue.weight, 0);
  }

  #leastServed(): OwnQueue<Entry> | undefined {
    let least: OwnQueue<Entry> | undefined;
    for (const queue of this.#byOwner.values()) {
      if (!least || queue.servedUpTo < least.servedUpTo) least = queue;
    }
    return least;
  }

  /** Drops the first entry of `queue` and moves its owner behind its equals. */
  #serve(queue: OwnQueue<Entry>, { owner }: Entry): void {
    this.#servedUpTo = queue.servedUpTo;
    queue.serveFirst();
    this.#byOwner.delete(owner);
    if (queue.first) this.#byOwner.set(owner, queue);
  }
}

/** The FIFO queue of one owner. `remove` is fast for the first entry, which is nearly always the one removed. */
class OwnQueue<Entry extends Owned> {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #weight = 0;
  #servedUpTo: number;

  /** @param servedUpTo the virtual time at which the owner starts to wait */
  constructor(servedUpTo: number) {
    this.#servedUpTo = servedUpTo;
  }

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  /** The weight of all entries. */
  get weight(): number {
    return this.#weight;
  }

  /** The virtual time of the owner, which advances by the weight of each entry that is served. */
  get servedUpTo(): number {
    return this.#servedUpTo;
  }

  /** The virtual time of the owner after its last entry. */
  get endsAt(): number {
    return this.#servedUpTo + this.#weight;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#weight += entry.weight;
  }

  serveFirst(): void {
    this.#servedUpTo += this.first?.weight ?? 0;
    this.#dropFirst();
  }

  remove(entry: Entry): void {
    if (this.first === entry) return this.#dropFirst();
    const index = this.#entries.indexOf(entry, this.#head);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    this.#weight -= entry.weight;
  }

  #dropFirst(): void {
    this.#weight -= this.first?.weight ?? 0;
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
