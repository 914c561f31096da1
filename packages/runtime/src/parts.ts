import { type Deadline, type Part, stopOnce } from '@posthorn/core';

/** The parts of a process, in the order in which they were opened. Stopped in the reverse order. */
export class Parts implements Part {
  /** Parts in one group stop at the same time. */
  readonly #groups: Part[][] = [];

  /**
   * Adds a part as soon as its factory resolves, and starts it.
   * @throws the error of the factory or of `start`; the parts opened before stay open until `stop`
   */
  async open<P extends Part>(opening: P | Promise<P>): Promise<P> {
    return this.#start(await opening, []);
  }

  /** Like `open`, but the part stops at the same time as the one opened before it, not earlier. */
  async openAlongside<P extends Part>(opening: P | Promise<P>): Promise<P> {
    return this.#start(await opening, this.#groups.pop() ?? []);
  }

  /**
   * Stops every part. Continues after a part that fails to stop.
   * @throws the error of the part that failed to stop, or an AggregateError when several did
   */
  readonly stop = stopOnce(async (deadline: Deadline): Promise<void> => {
    const errors: unknown[] = [];
    for (const group of this.#groups.toReversed()) {
      const results = await Promise.allSettled(group.map(async (part) => part.stop(deadline)));
      for (const result of results) if (result.status === 'rejected') errors.push(result.reason);
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  });

  async #start<P extends Part>(part: P, group: Part[]): Promise<P> {
    group.push(part);
    this.#groups.push(group);
    await part.start?.();
    return part;
  }
}
