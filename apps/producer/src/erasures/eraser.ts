import { encodeId, type Part } from '@posthorn/core';
import { isTransient, type Pool } from '@posthorn/database/connection';
import { type Chain, findNextHeads } from '@posthorn/database/deliveries';
import type { PayloadKeys } from '@posthorn/database/encryption';
import {
  advanceErasure,
  type ErasureDeps,
  ERASURES_ARE_DUE,
  failErasure,
  kindOfErasure,
  listRunningErasures,
  restartFailedPurges,
  type RunningErasure,
  startDuePurges,
} from '@posthorn/database/erasures';
import { withLease } from '@posthorn/database/server';
import { nextJobOf, type Quarantine } from '@posthorn/flow';
import type { DeliveryQueue, ErasureRedis } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import { erasuresOfPush } from './erase-pushes.js';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const eraseTask: Task = {
  name: 'erase',
  pauses: { intervalMs: 500, maxIntervalMs: 60_000 },
  due: ERASURES_ARE_DUE,
  create: ({ bulkPool: pool, payloadKeys, queue, erasures: redis, quarantine, logger, metrics }) =>
    createEraser({ pool, payloadKeys, queue, redis, quarantine, logger, metrics }),
};

export interface EraserDeps {
  pool: Pool;
  payloadKeys: PayloadKeys;
  queue: Pick<DeliveryQueue, 'enqueue'>;
  redis: Omit<ErasureRedis, keyof Part>;
  quarantine: Pick<Quarantine, 'state' | 'noteErasure'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'dropped'>;
}

/** Maximum duration of one run, in milliseconds. The next run continues, with a step of each erasure in turn. */
const MAX_RUN_MS = 1000;

/** Runs erasures and the purges of tenants that are due, in one producer at a time. Returns whether there is more to do. */
export function createEraser({
  pool,
  payloadKeys,
  queue,
  redis,
  quarantine,
  logger,
  metrics,
}: EraserDeps): () => Promise<boolean> {
  const deps: Omit<ErasureDeps, 'erasePushes'> = {
    pool,
    payloadKeys,
    rewriteFiles: () => ofRedis(redis.rewriteFiles()),
    async onDropped(dropped: number, chains: readonly Chain[]) {
      if (dropped > 0) metrics.dropped('erased', dropped);
      if (chains.length === 0) return;
      try {
        const heads = await findNextHeads(pool, chains);
        await queue.enqueue(heads.map((head) => nextJobOf(head)));
      } catch (error) {
        logger.warn('failed to enqueue a job; the reconciler will retry', { error });
      }
    },
  };

  /** Returns the function that erases the pushes of running erasures: at its first call, those of all that wait for it. */
  function pushEraser(running: readonly RunningErasure[]): ErasureDeps['erasePushes'] {
    const waiting = running.filter(({ phase }) => phase === 'pushes');
    let pass: Promise<ReadonlySet<string>> | null = null;
    return async ({ id }) => {
      pass ??= ofRedis(redis.removePushes(erasuresOfPush(waiting)));
      return !(await pass).has(id);
    };
  }

  /** Does the next step. Returns whether it made progress. */
  async function advance(erasure: RunningErasure, erasePushes: ErasureDeps['erasePushes']): Promise<boolean> {
    try {
      return await advanceErasure(erasure, { ...deps, erasePushes });
    } catch (error) {
      const erasureId = encodeId('erasure', erasure.id);
      if (isTemporary(error)) {
        logger.warn('erasure interrupted; retrying in the next run', { erasureId, error });
        return false;
      }
      logger.error('erasure failed', { erasureId, phase: erasure.phase, error });
      await failErasure(
        pool,
        erasure.id,
        `Failed in the phase ${erasure.phase}. See the log of the producer. ${nextStepOf(erasure)}`,
      );
      return false;
    }
  }

  async function run(lease: AbortSignal): Promise<void> {
    const endsAtMs = performance.now() + MAX_RUN_MS;
    // Otherwise a new one could hide from the check that the database has lost others.
    if (quarantine.state !== 'unknown' && (await startDuePurges(pool))) await quarantine.noteErasure();
    await restartFailedPurges(pool);
    let hasProgress = true;
    while (hasProgress && performance.now() < endsAtMs) {
      hasProgress = false;
      const running = await listRunningErasures(pool);
      const erasePushes = pushEraser(running);
      for (const erasure of running) {
        lease.throwIfAborted();
        if (await advance(erasure, erasePushes)) hasProgress = true;
      }
    }
  }

  return async () => {
    await withLease(pool, 'erase', run);
    return (await listRunningErasures(pool)).length > 0;
  };
}

const nextStepOf = (erasure: RunningErasure): string =>
  kindOfErasure(erasure) === 'tenant' ? 'It continues after an hour.' : 'Erase again.';

/** An error of a command to Redis. */
class RedisFailure extends Error {}

/** Returns the result of commands to Redis. @throws RedisFailure */
async function ofRedis<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new RedisFailure('A command to Redis failed', { cause: error });
  }
}

/** Returns whether the step may succeed later. Redis has no codes for being unavailable: all its errors are temporary. */
const isTemporary = (error: unknown): boolean => error instanceof RedisFailure || isTransient(error);
