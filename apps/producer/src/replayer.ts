import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId } from '@posthorn/core';
import {
  countReplayPending,
  finishReplay,
  listRunningReplays,
  selectReplayChunk,
  type Pool,
  type RunningReplay,
  type RequeuedDelivery,
  requeueReplayChunk,
} from '@posthorn/database';
import type { TaskShares } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';

export interface ReplayerDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'requeue'>;
  shares: Pick<TaskShares, 'join'>;
  logger: Logger;
}

/**
 * Maximum number of pending deliveries of one replay; for a recovery, of those that are due. The remaining deliveries keep their status
 * until they are requeued.
 */
const MAX_PENDING = 300;

/** Deliveries requeued by one statement, and the pause after it in milliseconds. Small, to spare live traffic. */
const CHUNK_SIZE = 25;
const PAUSE_MS = 15;

/** Maximum duration of one run, in milliseconds. A stop does not wait for a whole replay. */
const MAX_RUN_MS = 1000;

/**
 * Runs replays: requeues their deliveries, a chunk of each replay in turn, in the replay lane, which yields to live traffic. Each
 * producer runs its share of the replays; two that run the same one for a moment requeue each chunk once. The next run resumes where
 * this one stopped.
 */
export function createReplayer({ pool, queue, shares, logger }: ReplayerDeps): () => Promise<boolean> {
  async function run(): Promise<void> {
    const endsAtMs = performance.now() + MAX_RUN_MS;
    let share = await shares.join('replay');
    let hasMore = true;
    while (hasMore && performance.now() < endsAtMs) {
      hasMore = false;
      for (const replay of await listRunningReplays(pool)) {
        if (!share.owns(replay.webhookId ?? replay.eventId)) continue;
        hasMore = (await tryToAdvance(replay)) || hasMore;
        // With many replays, one turn takes longer than the lease.
        share = await shares.join('replay');
      }
    }
  }

  /** Logs an error, so that it does not affect other replays. */
  async function tryToAdvance(replay: RunningReplay): Promise<boolean> {
    try {
      return await advance(replay);
    } catch (error) {
      logger.warn('replay failed; retrying in the next run', {
        replayId: encodeId('replay', replay.id),
        error,
      });
      return false;
    }
  }

  /** Requeues one chunk of a replay. Returns whether there may be more to do immediately. */
  async function advance(replay: RunningReplay): Promise<boolean> {
    if (!replay.isTargetActive || replay.isFailingAgain) return finish(replay, 'cancelled');
    const { pending: all, due } = await countReplayPending(pool, replay.id);
    // A recovery does not wait for the next retries of deliveries that have failed again.
    const pending = replay.recoveryId === null ? all : due;
    if (pending + CHUNK_SIZE > MAX_PENDING) return false;
    const chunk = await selectReplayChunk(pool, replay, CHUNK_SIZE);
    if (chunk.cursor === null) return pending === 0 && finish(replay, 'completed');

    const requeued = (await requeueReplayChunk(pool, replay, chunk)) ?? [];
    // After a crash at this point the reconciler creates the jobs.
    await enqueue(requeued);
    await sleep(PAUSE_MS);
    return true;
  }

  /** A delivery that waited for a retry may have a delayed job, which would run at the time of the retry. */
  async function enqueue(requeued: readonly RequeuedDelivery[]): Promise<void> {
    await Promise.all(
      requeued.filter(({ hasJob }) => hasJob).map((delivery) => queue.requeue(toJob(delivery))),
    );
    await queue.enqueue(requeued.filter(({ hasJob }) => !hasJob).map(toJob));
  }

  async function finish(replay: RunningReplay, status: 'completed' | 'cancelled'): Promise<false> {
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
    // Usually no replay is running, so there is nothing to share.
    const hasWork = (await listRunningReplays(pool)).length > 0;
    if (hasWork) await run();
    return hasWork;
  };
}

const toJob = ({ id }: RequeuedDelivery): DeliveryJob => ({ deliveryId: id, lane: 'replay' });

function causeOf({ isTargetActive, isFailingAgain }: RunningReplay) {
  if (!isTargetActive) return { cause: 'the webhook is not active, or was not in the meantime' };
  return isFailingAgain ? { cause: 'the webhook is failing again' } : {};
}
