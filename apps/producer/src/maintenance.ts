import {
  type Clocks,
  createPartitions,
  deleteExpired,
  EXPIRED_KINDS,
  type ExpiredKind,
  dropExpiredPartitions,
  retentionCutoffs,
  type Pool,
  type Retention,
  findDefaultPartitionRows,
  mayDropData,
  rotateEventKeys,
  withLease,
} from '@posthorn/database';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface MaintenanceDeps {
  pool: Pool;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'defaultPartitionRows' | 'clockDifference'>;
  retention: Retention;
}

type Job = (deps: MaintenanceDeps, clocks: Clocks) => Promise<void>;
type Jobs = Record<string, Job>;

/**
 * Runs the hourly maintenance jobs, in one producer at a time. PostgreSQL's clock decides which partitions are created. Data is dropped
 * if it has expired by PostgreSQL's clock and by the clock of this process. If the clocks differ by more than an hour, nothing is dropped
 * until an operator has confirmed that. A job that fails is logged, does not stop the others, and runs again an hour later.
 * @throws Error with the names of the failed jobs
 */
export async function maintain(deps: MaintenanceDeps, clocks: Clocks): Promise<void> {
  deps.metrics.clockDifference(clocks.differenceMs / 1000);
  await withLease(deps.pool, 'maintenance', async (lease) => {
    const mayDrop = await mayDropData(deps.pool, clocks.differenceMs);
    if (!mayDrop) {
      const differenceSeconds = Math.round(clocks.differenceMs / 1000);
      deps.logger.error(NOTHING_DROPPED, { differenceSeconds });
    }
    const failed: string[] = [];
    const jobs = { ...CREATION, ...(mayDrop && REMOVAL), ...CHECKS };
    for (const [job, run] of Object.entries(jobs)) {
      lease.throwIfAborted();
      await run(deps, clocks).catch((error: unknown) => {
        failed.push(job);
        deps.logger.error('maintenance job failed', { job, error });
      });
    }
    if (failed.length > 0) throw new Error(`maintenance jobs failed: ${failed.join(', ')}`);
  });
}

const NOTHING_DROPPED =
  'nothing is dropped: the clocks of PostgreSQL and of this producer differ; synchronize them, or run `posthorn maintenance confirm`';

const CREATION: Jobs = {
  'upcoming partitions': async ({ pool, logger }, { database: now }) => {
    const created = await createPartitions(pool, now);
    if (created > 0) logger.info('partitions created', { created });
  },
};

const deleteAll =
  (kind: ExpiredKind): Job =>
  async ({ pool, logger, retention }, { earlier: now }) => {
    const deleted = await deleteExpired(pool, kind, retentionCutoffs(retention, now));
    if (total(deleted) > 0) logger.info(`${kind} deleted`, deleted);
  };

/** Jobs that drop expired data. */
const REMOVAL: Jobs = {
  'expired partitions': async ({ pool, logger, retention }, { earlier: now }) => {
    const { dropped, needed, timedOut } = await dropExpiredPartitions(pool, retentionCutoffs(retention, now));
    if (total(dropped) > 0) logger.info('partitions dropped', dropped);
    if (needed.length > 0)
      logger.info('expired partitions kept for pending deliveries', { partitions: needed });
    if (timedOut !== null)
      logger.warn('expired partition is locked; dropping it later', { partition: timedOut });
  },

  ...Object.fromEntries(EXPIRED_KINDS.map((kind) => [kind, deleteAll(kind)])),

  'idempotency keys of events': async ({ pool, logger }, { earlier: now }) => {
    const result = await rotateEventKeys(pool, now);
    if (result === 'rotated') logger.info('idempotency keys of events expired');
    if (result === 'locked') logger.warn('idempotency keys of events are locked; they expire later');
  },
};

const CHECKS: Jobs = {
  'default partition rows': async ({ pool, logger, metrics }) => {
    const tables = await findDefaultPartitionRows(pool);
    metrics.defaultPartitionRows(tables.length);
    if (tables.length > 0)
      logger.warn('default partitions contain rows outside every daily partition', { tables });
  },
};

const total = (rows: Record<string, number>): number =>
  Object.values(rows).reduce((sum, count) => sum + count, 0);
