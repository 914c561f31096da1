import { type HeapElement, IndexedHeap } from './indexed-heap.js';

export interface Owned {
  /** The queue is fair between owners. Compared by identity. */
  owner: unknown;
  /** The cost of serving the entry, more than 0. */
  weight: number;
}

/** The most that one `take` may return. */
interface BatchLimits {
  maxItems: number;
  maxWeight: number;
}

/**
 * A queue that serves its owners equal shares of weight, and the entries of each owner first in, first out. An owner with
 * light entries is served more of them than an owner with heavy ones.
 */
export class FairQueue<Entry extends Owned> {
  /** Holds no empty queue. */
  readonly #byOwner = new Map<unknown, OwnQueue<Entry>>();
  /** The same queues. Among equals, the owner that was served longest ago comes first. */
  readonly #inOrder = new IndexedHeap<OwnQueue<Entry>>(isBefore);
  #turns = 0;
  #weight = 0;
  /** The virtual time of the latest entry that was served. An owner that starts to wait is not ahead of it or behind it. */
  #servedUpTo = 0;

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  push(entry: Entry): void {
    let queue = this.#byOwner.get(entry.owner);
    if (!queue) this.#byOwner.set(entry.owner, (queue = this.#addQueue()));
    queue.push(entry);
    this.#weight += entry.weight;
  }

  #addQueue(): OwnQueue<Entry> {
    const queue = new OwnQueue<Entry>(this.#servedUpTo, this.#nextTurn());
    this.#inOrder.push(queue);
    return queue;
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  /** Removes an entry. Does nothing if the entry is not in the queue. */
  remove(entry: Entry): void {
    const queue = this.#byOwner.get(entry.owner);
    if (!queue?.remove(entry)) return;
    this.#weight -= entry.weight;
    if (!queue.first) this.#dropQueue(queue, entry.owner);
  }

  #dropQueue(queue: OwnQueue<Entry>, owner: unknown): void {
    this.#byOwner.delete(owner);
    this.#inOrder.remove(queue);
  }

  /** Removes and returns the next entries within both limits. Returns at least one entry, even one above `maxWeight`. */
  take({ maxItems, maxWeight }: BatchLimits): Entry[] {
    const batch: Entry[] = [];
    let weight = 0;
    while (batch.length < maxItems) {
      const queue = this.#inOrder.first;
      if (!queue?.first) break;
      weight += queue.first.weight;
      if (batch.length > 0 && weight > maxWeight) break;
      batch.push(queue.first);
      this.#serve(queue, queue.first);
    }
    return batch;
  }

  /** Returns the weight that is served before a new entry: the weight of its owner, and as much of each other owner in that time. */
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
    return this.#weight;
  }

  /** Drops the first entry of `queue` and moves its owner behind its equals. */
  #serve(queue: OwnQueue<Entry>, { owner, weight }: Entry): void {
    this.#servedUpTo = queue.servedUpTo;
    this.#weight -= weight;
    queue.serveFirst(this.#nextTurn());
    if (queue.first) this.#inOrder.move(queue);
    else this.#dropQueue(queue, owner);
  }
}

const isBefore = (one: OwnQueue<Owned>, other: OwnQueue<Owned>): boolean =>
  one.servedUpTo < other.servedUpTo || (one.servedUpTo === other.servedUpTo && one.turn < other.turn);

/** The FIFO queue of one owner. `remove` is fast for the first entry, which is nearly always the one removed. */
class OwnQueue<Entry extends Owned> implements HeapElement {
  heapIndex = 0;
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #weight = 0;
  #servedUpTo: number;
  #turn: number;

  /** @param servedUpTo the virtual time at which the owner starts to wait */
  constructor(servedUpTo: number, turn: number) {
    this.#servedUpTo = servedUpTo;
    this.#turn = turn;
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

  /** Increases with each entry that is served, of any owner. */
  get turn(): number {
    return this.#turn;
  }

  /** The virtual time of the owner after its last entry. */
  get endsAt(): number {
    return this.#servedUpTo + this.#weight;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#weight += entry.weight;
  }

  serveFirst(turn: number): void {
    this.#servedUpTo += this.first?.weight ?? 0;
    this.#turn = turn;
    this.#dropFirst();
  }

  /** Returns whether the entry was in the queue. */
  remove(entry: Entry): boolean {
    const isFirst = this.first === entry;
    const index = isFirst ? this.#head : this.#entries.indexOf(entry, this.#head);
    if (isFirst) this.#dropFirst();
    else if (index >= 0) {
      this.#entries.splice(index, 1);
      this.#weight -= entry.weight;
    }
    return index >= 0;
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
