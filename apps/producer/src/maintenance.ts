import {
  createPartitions,
  deleteUnusedAddresses,
  deleteUnusedFormats,
  deleteExpiredAuditEntries,
  type DeletedRows,
  deleteExpiredRows,
  deleteExpiredStats,
  deleteExpiredDefaultPartitionRows,
  dropExpiredPartitions,
  deleteExpiredRequestKeys,
  retentionCutoffs,
  type Pool,
  type Retention,
  findDefaultPartitionRows,
  rotateEventKeys,
  withLease,
} from '@posthorn/database';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface MaintenanceDeps {
  pool: Pool;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'defaultPartitionRows'>;
  retention: Retention & { auditDays: number };
}

const DAY_MS = 86_400_000;

/** Retention of the statistics by the minute, in days. */
const STATS_DAYS = 30;

type Job = (deps: MaintenanceDeps, now: Date) => Promise<void>;

/**
 * Runs the hourly maintenance jobs, in one producer at a time. A job that fails is logged, does not stop the others, and runs
 * again an hour later.
 * @throws Error with the names of the failed jobs
 */
export async function maintain(deps: MaintenanceDeps, now = new Date()): Promise<void> {
  await withLease(deps.pool, 'maintenance', async (lease) => {
    const failed: string[] = [];
    for (const [job, run] of Object.entries(JOBS)) {
      lease.throwIfAborted();
      await run(deps, now).catch((error: unknown) => {
        failed.push(job);
        deps.logger.error('maintenance job failed', { job, error });
      });
    }
    if (failed.length > 0) throw new Error(`maintenance jobs failed: ${failed.join(', ')}`);
  });
}

const JOBS: Record<string, Job> = {
  'upcoming partitions': async ({ pool, logger }, now) => {
    const created = await createPartitions(pool, now);
    if (created > 0) logger.info('partitions created', { created });
  },

  'expired partitions': async ({ pool, logger, retention }, now) => {
    const { dropped, needed, timedOut } = await dropExpiredPartitions(pool, retentionCutoffs(retention, now));
    if (total(dropped) > 0) logger.info('partitions dropped', dropped);
    if (needed.length > 0)
      logger.info('expired partitions kept for pending deliveries', { partitions: needed });
    if (timedOut !== null)
      logger.warn('expired partition is locked; dropping it later', { partition: timedOut });
  },

  'expired rows': async ({ pool, logger, retention }, now) => {
    const deleted = await deleteExpiredRows(pool, retentionCutoffs(retention, now));
    if (total(deleted) > 0) logger.info('expired rows deleted', deleted);
  },

  'audit entries': async ({ pool, logger, retention }, now) => {
    const deleted = await deleteExpiredAuditEntries(
      pool,
      new Date(now.getTime() - retention.auditDays * DAY_MS),
    );
    if (deleted > 0) logger.info('expired audit entries deleted', { deleted });
  },

  stats: async ({ pool, logger, retention }, now) => {
    const days = Math.min(STATS_DAYS, retention.recordDays);
    const deleted = await deleteExpiredStats(pool, new Date(now.getTime() - days * DAY_MS));
    if (deleted > 0) logger.info('expired stats deleted', { deleted });
  },

  'default partition rows': async ({ pool, logger, metrics, retention }, now) => {
    const deleted = await deleteExpiredDefaultPartitionRows(pool, retentionCutoffs(retention, now));
    if (total(deleted) > 0) logger.info('expired rows deleted from the default partitions', deleted);
    const tables = await findDefaultPartitionRows(pool);
    metrics.defaultPartitionRows(tables.length);
    if (tables.length > 0)
      logger.warn('default partitions contain rows outside every daily partition', { tables });
  },

  'delivery formats': async ({ pool, logger }) => {
    const deleted = await deleteUnusedFormats(pool);
    if (deleted > 0) logger.info('unused delivery formats deleted', { deleted });
  },

  'addresses of emails': async ({ pool, logger }) => {
    const deleted = await deleteUnusedAddresses(pool);
    if (total(deleted) > 0) logger.info('unused addresses of emails deleted', deleted);
  },

  'idempotency keys of events': async ({ pool, logger }) => {
    const result = await rotateEventKeys(pool);
    if (result === 'rotated') logger.info('idempotency keys of events expired');
    if (result === 'locked') logger.warn('idempotency keys of events are locked; they expire later');
  },

  'idempotency keys of requests': async ({ pool, logger }) => {
    const expired = await deleteExpiredRequestKeys(pool);
    if (expired > 0) logger.info('idempotency keys of requests expired', { expired });
  },
};

const total = (rows: DeletedRows): number => Object.values(rows).reduce((sum, count) => sum + count, 0);
