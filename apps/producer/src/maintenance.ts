import {
  createPartitions,
  deleteExpiredAuditEntries,
  type DeletedRows,
  deleteExpiredRows,
  deleteExpiredStats,
  deleteExpiredDefaultPartitionRows,
  dropExpiredPartitions,
  deleteExpiredIdempotencyKeys,
  retentionCutoffs,
  type Pool,
  type Retention,
  findDefaultPartitionRows,
  withLock,
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

/** How long what was counted by the minute is kept. */
const STATS_DAYS = 30;

type Chore = (deps: MaintenanceDeps, now: Date) => Promise<void>;

/**
 * The hourly chores, by one producer at a time. One that fails is told, and does not stop the others; the next hour is its
 * next chance.
 * @throws Error naming those that failed
 */
export async function maintain(deps: MaintenanceDeps, now = new Date()): Promise<void> {
  await withLock(deps.pool, 'maintain', async () => {
    const failed: string[] = [];
    for (const [chore, run] of Object.entries(CHORES)) {
      await run(deps, now).catch((error: unknown) => {
        failed.push(chore);
        deps.logger.error('maintenance', { chore, error });
      });
    }
    if (failed.length > 0) throw new Error(`chores failed: ${failed.join(', ')}`);
  });
}

const CHORES: Record<string, Chore> = {
  'partitions for the days ahead': async ({ pool, logger }, now) => {
    const made = await createPartitions(pool, now);
    if (made > 0) logger.info('partitions made', { made });
  },

  'expired partitions': async ({ pool, logger, retention }, now) => {
    const { dropped, needed, timedOut } = await dropExpiredPartitions(pool, retentionCutoffs(retention, now));
    if (total(dropped) > 0) logger.info('partitions dropped', dropped);
    if (needed.length > 0)
      logger.info('partitions past their time are kept for pending deliveries', { partitions: needed });
    if (timedOut !== null)
      logger.warn('a partition past its time is in use: later again', { partition: timedOut });
  },

  'expired rows': async ({ pool, logger, retention }, now) => {
    const deleted = await deleteExpiredRows(pool, retentionCutoffs(retention, now));
    if (total(deleted) > 0) logger.info('expired rows deleted', deleted);
  },

  'audit trail': async ({ pool, logger, retention }, now) => {
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

  'rows without a day': async ({ pool, logger, metrics, retention }, now) => {
    const deleted = await deleteExpiredDefaultPartitionRows(pool, retentionCutoffs(retention, now));
    if (total(deleted) > 0) logger.info('expired rows deleted from the default partitions', deleted);
    const tables = await findDefaultPartitionRows(pool);
    metrics.defaultPartitionRows(tables.length);
    if (tables.length > 0)
      logger.warn('rows that no daily partition covers are in the default ones', { tables });
  },

  'idempotency keys': async ({ pool, logger }) => {
    const expired = await deleteExpiredIdempotencyKeys(pool);
    if (expired > 0) logger.info('idempotency keys expired', { expired });
  },
};

const total = (rows: DeletedRows): number => Object.values(rows).reduce((sum, count) => sum + count, 0);
