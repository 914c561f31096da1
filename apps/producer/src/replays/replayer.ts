import { setTimeout as sleep } from 'node:timers/promises';
import { encodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  countReplayPending,
  dropCancelled,
  finishReplay,
  listRunningReplays,
  REPLAYS_ARE_DUE,
  requeueReplayChunk,
  type RunningReplay,
  selectReplayChunk,
} from '@posthorn/database/replays';
import { LAST_TURN, type TaskShares } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { ReplayTurns } from './replay-turns.js';
import type { Task } from '../tasks/task.js';

export const replayTask: Task = {
  name: 'replay',
  pauses: { intervalMs: 250, maxIntervalMs: 60_000 },
  due: REPLAYS_ARE_DUE,
  create: createReplayer,
};

export interface ReplayerDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'findMissingJobs' | 'requeue'>;
  shares: Pick<TaskShares, 'join'>;
  logger: Logger;
  /** A monotonic clock. Default: `performance.now`. */
  nowMs?: () => number;
}

/** Deliveries requeued by one statement, and the pause after it in milliseconds. Small, to spare live traffic. */
const CHUNK_SIZE = 25;
const PAUSE_MS = 15;

/** Maximum number of due deliveries of the replays of a webhook, most of which wait for others of their chains. */
const MAX_WAITING = 10_000;

/** Maximum duration of one run, in milliseconds. A stop does not wait for a whole replay, nor for all of them. */
const MAX_RUN_MS = 1000;

/**
 * Runs replays: requeues their deliveries, a chunk of each replay in turn, in the replay lane, which yields to live traffic. Each
 * producer runs its share of the replays; two that run the same one for a moment requeue each chunk once. The next run resumes where
 * this one stopped, with the replay whose turn it is.
 */
export function createReplayer({
  pool,
  queue,
  shares,
  logger,
  nowMs = () => performance.now(),
}: ReplayerDeps): () => Promise<boolean> {
  /** The replay that had the last turn. */
  let lastId: string | null = null;
  const turns = new ReplayTurns();

  /** Advances each of the replays until the time is over. Returns whether there may be more to do immediately. */
  async function advanceInTurn(replays: readonly RunningReplay[], endsAtMs: number): Promise<boolean> {
    let share = await shares.join('replay');
    let hasMore = false;
    for (const replay of startAfter(lastId, replays)) {
      if (!share.owns(targetOf(replay))) continue;
      lastId = replay.id;
      hasMore = (await tryToAdvance(replay, replays)) || hasMore;
      if (nowMs() >= endsAtMs) return false;
      // With many replays, one turn takes longer than the lease.
      share = await shares.join('replay');
    }
    return hasMore;
  }

  /** Logs an error, so that it does not affect other replays. */
  async function tryToAdvance(replay: RunningReplay, all: readonly RunningReplay[]): Promise<boolean> {
    try {
      return await advance(replay, all);
    } catch (error) {
      const { name, ids } = identify(replay);
      logger.warn(`${name} failed; retrying in the next run`, { ...ids, error });
      return false;
    }
  }

  /** Requeues one chunk of a replay. Returns whether there may be more to do immediately. */
  async function advance(replay: RunningReplay, all: readonly RunningReplay[]): Promise<boolean> {
    if (replay.isCancelled) return drop(replay);
    if (!replay.isTargetActive || replay.isFailingAgain) return finish({ pool, logger }, replay, 'cancelled');
    const ofTarget = all.filter((other) => targetOf(other) === targetOf(replay)).map(({ id }) => id);
    const { isPending, due, dueOfTarget, waitingOfTarget } = await countReplayPending(
      pool,
      replay.id,
      ofTarget,
    );
    // A recovery is completed when each delivery was sent once, a replay when all are settled.
    const isSent = replay.recoveryId === null ? !isPending : due === 0;
    // The others keep their status until they are requeued. Those that have failed again wait for their retries, and do not count.
    const isFull = dueOfTarget + CHUNK_SIZE > LAST_TURN || waitingOfTarget > MAX_WAITING;
    if (isFull && !isSent) return false;
    const chunk = await selectReplayChunk(pool, replay, CHUNK_SIZE);
    if (chunk.cursor === null) return isSent && finish({ pool, logger }, replay, 'completed');
    if (isFull) return false;

    const requeued = (await requeueReplayChunk(pool, replay, chunk)) ?? [];
    // After a crash at this point the reconciler creates the jobs.
    await enqueue(queue, requeued, turns.next(replay.id, { due, dueOfTarget }, requeued.length));
    await sleep(PAUSE_MS);
    return true;
  }

  /** Drops a portion of the deliveries of a cancelled recovery. Returns whether there may be more to do immediately. */
  async function drop(replay: RunningReplay): Promise<boolean> {
    const left = await dropCancelled(pool, replay.id);
    return left === 'none' ? finish({ pool, logger }, replay, 'cancelled') : left === 'some';
  }

  return async () => {
    const endsAtMs = nowMs() + MAX_RUN_MS;
    let replays = await listRunningReplays(pool);
    // Usually no replay is running, so there is nothing to share.
    const hasWork = replays.length > 0;
    turns.keep(new Set(replays.map(({ id }) => id)));
    while (replays.length > 0 && (await advanceInTurn(replays, endsAtMs)))
      replays = await listRunningReplays(pool);
    return hasWork;
  };
}

/**
 * Replaces jobs that exist: a delivery that waited for a retry, also before an earlier replay was cancelled, may have a delayed one.
 */
async function enqueue(
  queue: ReplayerDeps['queue'],
  deliveryIds: readonly string[],
  turns: readonly number[],
): Promise<void> {
  const jobs = deliveryIds.map((deliveryId, index): DeliveryJob => ({
    deliveryId,
    lane: 'replay',
    priority: turns[index] ?? LAST_TURN,
  }));
  const jobless = await queue.findMissingJobs(deliveryIds);
  await queue.enqueue(jobs.filter(({ deliveryId }) => jobless.has(deliveryId)));
  const others = jobs.filter(({ deliveryId }) => !jobless.has(deliveryId));
  await Promise.all(others.map((job) => queue.requeue(job)));
}

async function finish(
  { pool, logger }: Pick<ReplayerDeps, 'pool' | 'logger'>,
  replay: RunningReplay,
  status: 'completed' | 'cancelled',
): Promise<false> {
  const queued = await finishReplay(pool, replay, status);
  const { name, ids } = identify(replay);
  if (queued !== null) logger.info(`${name} ${status}`, { ...ids, queued, ...causeOf(replay) });
  return false;
}

const targetOf = ({ webhookId, eventId }: RunningReplay): string => webhookId ?? eventId;

/** Returns replays, which are in order of their ids, from the one that follows `lastId`. */
function startAfter(lastId: string | null, replays: readonly RunningReplay[]): RunningReplay[] {
  const next = lastId === null ? 0 : replays.findIndex(({ id }) => id > lastId);
  return next <= 0 ? [...replays] : [...replays.slice(next), ...replays.slice(0, next)];
}

/** Returns what a replay is to users, with the ids that the API knows: of a recovery, that has a replay for each webhook, its own. */
function identify({ id, recoveryId, webhookId }: RunningReplay) {
  if (recoveryId === null || webhookId === null)
    return { name: 'replay', ids: { replayId: encodeId('replay', id) } };
  const ids = { recoveryId: encodeId('recovery', recoveryId), webhookId: encodeId('webhook', webhookId) };
  return { name: 'recovery of a webhook', ids };
}

function causeOf({ isTargetActive, isFailingAgain }: RunningReplay) {
  if (!isTargetActive) return { cause: 'the webhook is not active, or was not in the meantime' };
  return isFailingAgain ? { cause: 'the webhook is failing again' } : {};
}
