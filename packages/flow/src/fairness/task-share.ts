/** The share of one process in a task that several processes run: each webhook belongs to one of them. */
export class TaskShare {
  readonly #member: string;
  readonly #members: readonly string[];

  /** @param members the processes that run the task, in the same order for each of them */
  constructor(member: string, members: readonly string[]) {
    this.#member = member;
    this.#members = members;
  }

  /** Returns whether this process runs the task for a webhook, or for another object with a UUIDv7. */
  owns(id: string): boolean {
    // The last digits of a UUIDv7 are random.
    return this.#members[Number.parseInt(id.slice(-8), 16) % this.#members.length] === this.#member;
  }

  /** Whether this process also does what one process does for all. */
  get isFirst(): boolean {
    return this.#members[0] === this.#member;
  }

  /** Whether another process runs the task, too. */
  get hasOthers(): boolean {
    return this.#members.some((member) => member !== this.#member);
  }

  hasSameMembers(other: TaskShare): boolean {
    return this.#members.join() === other.#members.join();
  }
}
