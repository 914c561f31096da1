import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId } from '@posthorn/core';
import {
  countReplayPending,
  finishReplay,
  listRunningReplays,
  selectReplayChunk,
  type Pool,
  type RunningReplay,
  requeueReplayChunk,
  withLock,
} from '@posthorn/database';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';

export interface ReplayerDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue'>;
  logger: Logger;
}

/** Most deliveries of one replay that are pending: the rest waits in PostgreSQL, as it stood. */
const MOST_PENDING = 300;

/** Made pending again by one statement, and the pause after it in milliseconds: so that live traffic hardly notices it. */
const CHUNK = 25;
const PAUSE_MS = 15;

/** A round goes on for so long at most, so that a stop does not wait for a whole replay, in milliseconds. */
const ROUND_MS = 1000;

/**
 * Runs replays: makes the deliveries that they are of pending again, a chunk of each in turn, in the lane that gives way
 * to live traffic. Runs in every producer, one at a time. Where it was stopped, the next round goes on.
 */
export function createReplayer({ pool, queue, logger }: ReplayerDeps): () => Promise<void> {
  async function round(): Promise<void> {
    const endsAt = Date.now() + ROUND_MS;
    let moved = true;
    while (moved && Date.now() < endsAt) {
      moved = false;
      for (const replay of await listRunningReplays(pool)) moved = (await tryToAdvance(replay)) || moved;
    }
  }

  /** What goes wrong with one replay does not keep the others. */
  async function tryToAdvance(replay: RunningReplay): Promise<boolean> {
    try {
      return await advance(replay);
    } catch (error) {
      logger.warn('a replay waits for its next round', { replayId: encodeId('replay', replay.id), error });
      return false;
    }
  }

  /** One chunk of one replay. Answers whether there may be more to do at once. */
  async function advance(replay: RunningReplay): Promise<boolean> {
    if (!replay.isTargetActive) return end(replay, 'cancelled');
    const pending = await countReplayPending(pool, replay);
    if (pending + CHUNK > MOST_PENDING) return false;
    const chunk = await selectReplayChunk(pool, replay, CHUNK);
    if (chunk.cursor === null) return pending === 0 && end(replay, 'completed');

    const taken = (await requeueReplayChunk(pool, replay, chunk)) ?? [];
    // A crash before they have their jobs: the reconciler makes them.
    await queue.enqueue(taken.map(({ id, dueAt }) => ({ deliveryId: id, dueAt, lane: 'replay' })));
    await sleep(PAUSE_MS);
    return true;
  }

  async function end(replay: RunningReplay, status: 'completed' | 'cancelled'): Promise<false> {
    const queued = await finishReplay(pool, replay, status);
    if (queued !== null)
      logger.info(`replay ${status}`, {
        replayId: encodeId('replay', replay.id),
        queued,
        ...causeOf(replay),
      });
    return false;
  }

  return async () => {
    // Mostly there is none, and no lock to be had for it.
    if ((await listRunningReplays(pool)).length > 0) await withLock(pool, 'replay', round);
  };
}

function causeOf({ isTargetActive }: RunningReplay) {
  return isTargetActive ? {} : { cause: 'its webhook is not active, or was not since' };
}
