import { LAST_TURN, replayTurn } from '@posthorn/flow';

/** The due deliveries of a replay, and of all replays of its target, when a chunk is requeued. */
interface ReplayDue {
  due: number;
  dueOfTarget: number;
}

/**
 * Assigns turns to the deliveries of replays. The position of a delivery is that among the due ones of its target, but while others of its
 * replay wait, its turn is not before theirs: their turns do not become lower as the lane advances, and deliveries are sent oldest first.
 * Without a memory of their turns, as after a restart, it is the last turn, in which jobs run in their order.
 */
export class ReplayTurns {
  readonly #last = new Map<string, number>();

  /** Returns the turns of the next deliveries of a replay. */
  next(replayId: string, { due, dueOfTarget }: ReplayDue, count: number): number[] {
    const lastOfReplay = due === 0 ? 0 : (this.#last.get(replayId) ?? LAST_TURN);
    const ahead = Math.max(dueOfTarget, lastOfReplay);
    const turns = Array.from({ length: count }, (_, index) => replayTurn(ahead + index));
    const last = turns.at(-1);
    if (last !== undefined) this.#last.set(replayId, last);
    return turns;
  }

  /** Forgets the replays that no longer run. */
  keep(replayIds: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) if (!replayIds.has(id)) this.#last.delete(id);
  }
}
