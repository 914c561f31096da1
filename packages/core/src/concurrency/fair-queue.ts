export interface Owned {
  /** The queue is fair between owners. Compared by identity. */
  owner: unknown;
}

/** The most that one `take` may return. */
export interface BatchLimits<Entry> {
  maxItems: number;
  weigh: (entry: Entry) => number;
  maxWeight: number;
}

/** A queue that serves owners round-robin, and the entries of each owner first in, first out. */
export class FairQueue<Entry extends Owned> {
  /** In round-robin order. Holds no empty queue. */
  readonly #byOwner = new Map<unknown, Queue<Entry>>();

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  push(entry: Entry): void {
    let queue = this.#byOwner.get(entry.owner);
    if (!queue) this.#byOwner.set(entry.owner, (queue = new Queue()));
    queue.push(entry);
  }

  /** Removes an entry. Does nothing if the entry is not in the queue. */
  remove(entry: Entry): void {
    const queue = this.#byOwner.get(entry.owner);
    queue?.remove(entry);
    if (queue?.first === undefined) this.#byOwner.delete(entry.owner);
  }

  /** Removes and returns the next entries within both limits. Returns at least one entry, even one above `maxWeight`. */
  take({ maxItems, weigh, maxWeight }: BatchLimits<Entry>): Entry[] {
    const batch: Entry[] = [];
    let weight = 0;
    while (batch.length < maxItems) {
      const [queue] = this.#byOwner.values();
      if (!queue?.first) break;
      weight += weigh(queue.first);
      if (batch.length > 0 && weight > maxWeight) break;
      batch.push(queue.first);
      this.#advance(queue, queue.first.owner);
    }
    return batch;
  }

  /** Drops the first entry of `queue` and moves its owner to the end of the round. */
  #advance(queue: Queue<Entry>, owner: unknown): void {
    queue.dropFirst();
    if (queue.first && this.#byOwner.size === 1) return;
    this.#byOwner.delete(owner);
    if (queue.first) this.#byOwner.set(owner, queue);
  }
}

/** A FIFO queue. `remove` is fast for the first entry, which is nearly always the one removed. */
class Queue<Entry> {
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  dropFirst(): void {
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  remove(entry: Entry): void {
    if (this.first === entry) return this.dropFirst();
    const index = this.#entries.indexOf(entry, this.#head);
    if (index >= 0) this.#entries.splice(index, 1);
  }
}
