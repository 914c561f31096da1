/** Something that waits. */
export interface InLine {
  /** Whose it is. */
  owner: unknown;
}

/** How much to take at a time. */
export interface Bounds<Entry> {
  maxItems: number;
  weigh: (entry: Entry) => number;
  maxWeight: number;
}

/** Whatever waits for its turn: for each owner first come, first served, and the owners take turns. */
export class WaitingLine<Entry extends InLine> {
  /** In the order of their turns. None is empty. */
  readonly #byOwner = new Map<unknown, Queue<Entry>>();

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  push(entry: Entry): void {
    let queue = this.#byOwner.get(entry.owner);
    if (!queue) this.#byOwner.set(entry.owner, (queue = new Queue()));
    queue.push(entry);
  }

  /** Takes out an entry before its turn, if it still waits. */
  remove(entry: Entry): void {
    const queue = this.#byOwner.get(entry.owner);
    queue?.remove(entry);
    if (queue?.first === undefined) this.#byOwner.delete(entry.owner);
  }

  /** Takes the next entries, within both bounds; one at least, however heavy. */
  take({ maxItems, weigh, maxWeight }: Bounds<Entry>): Entry[] {
    const taken: Entry[] = [];
    let weight = 0;
    while (taken.length < maxItems) {
      const [queue] = this.#byOwner.values();
      if (!queue?.first) break;
      weight += weigh(queue.first);
      if (taken.length > 0 && weight > maxWeight) break;
      taken.push(queue.first);
      this.#endTurn(queue, queue.first.owner);
    }
    return taken;
  }

  /** The owner stands behind the others for its next turn. */
  #endTurn(queue: Queue<Entry>, owner: unknown): void {
    queue.dropFirst();
    if (queue.first && this.#byOwner.size === 1) return;
    this.#byOwner.delete(owner);
    if (queue.first) this.#byOwner.set(owner, queue);
  }
}

/** First in, first out. What is taken out before its turn is nearly always the first. */
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
    const place = this.#entries.indexOf(entry, this.#head);
    if (place >= 0) this.#entries.splice(place, 1);
  }
}
