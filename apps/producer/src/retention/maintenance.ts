import { dropAuditEntries } from '@posthorn/database/audit';
import type { Pool } from '@posthorn/database/connection';
import {
  afterCount,
  type Retention,
  retentionCutoffs,
  type RetentionCutoffs,
} from '@posthorn/database/data-model';
import { rotateEventKeys } from '@posthorn/database/events';
import { announceCertificates } from '@posthorn/database/notifications';
import {
  createPartitions,
  deleteDataKeys,
  deleteExpired,
  deleteExpiredHistory,
  dropExpiredPartitions,
  dropExpiredPayloads,
  EXPIRED_KINDS,
  type ExpiredKind,
  findDefaultPartitionRows,
  freeHistoryClasses,
} from '@posthorn/database/retention';
import { type Clocks, mayDropData, readClocks, withLease } from '@posthorn/database/server';
import { readUsageCountedUntil } from '@posthorn/database/usage';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const maintenanceTask: Task = {
  name: 'maintenance',
  pauses: 3_600_000,
  create({ bulkPool: pool, logger, metrics, config }) {
    const retention = {
      recordDays: config.retentionDays,
      payloadDays: config.payloadRetentionDays,
      auditDays: config.auditRetentionDays,
    };
    return async () => maintain({ pool, logger, metrics, retention }, await readClocks(pool));
  },
};

interface MaintenanceDeps {
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

/** A day whose usage is not counted is kept until it is. */
const cutoffsOf = async (
  { pool, retention }: MaintenanceDeps,
  { earlier: now }: Clocks,
): Promise<RetentionCutoffs> =>
  afterCount(retentionCutoffs(retention, now), await readUsageCountedUntil(pool));

const deleteAll =
  (kind: ExpiredKind): Job =>
  async (deps, clocks) => {
    const { pool, logger } = deps;
    const deleted = await deleteExpired(pool, kind, await cutoffsOf(deps, clocks));
    if (total(deleted) > 0) logger.info(`${kind} deleted`, deleted);
  };

/** Jobs that drop expired data. */
const REMOVAL: Jobs = {
  'expired partitions': async (deps, clocks) => {
    const { pool, logger } = deps;
    const { dropped, needed, timedOut } = await dropExpiredPartitions(pool, await cutoffsOf(deps, clocks));
    if (total(dropped) > 0) logger.info('partitions dropped', dropped);
    if (needed.length > 0)
      logger.info('expired partitions kept for pending deliveries', { partitions: needed });
    if (timedOut !== null)
      logger.warn('expired partition is locked; dropping it later', { partition: timedOut });
  },

  'expired payloads': async ({ pool, logger, retention }, { earlier: now }) => {
    const { days, kept, timedOut } = await dropExpiredPayloads(pool, retentionCutoffs(retention, now).today);
    if (days > 0) logger.info('payloads with a shorter retention dropped', { days, kept });
    if (timedOut !== null) logger.warn('expired payloads are locked; dropping them later', { day: timedOut });
  },

  'shorter histories': async (deps, clocks) => {
    const { pool, logger } = deps;
    const deleted = await deleteExpiredHistory(pool, await cutoffsOf(deps, clocks));
    if (total(deleted) > 0) logger.info('expired rows of shorter histories deleted', deleted);
    const freed = await freeHistoryClasses(pool);
    if (freed === null) logger.warn('history is locked; freeing unused retentions later');
    else if (freed > 0) logger.info('unused retentions of history are free again', { freed });
  },

  'expired audit entries': async ({ pool, logger, retention }, { earlier: now }) => {
    const dropped = await dropAuditEntries(pool, retentionCutoffs(retention, now).audit);
    if (dropped > 0) logger.info('expired audit entries deleted', { audit_entry: dropped });
  },

  ...Object.fromEntries(EXPIRED_KINDS.map((kind) => [kind, deleteAll(kind)])),

  // After everything that they seal.
  'data keys of expired months': async ({ pool, logger }, { earlier: now }) => {
    const deleted = await deleteDataKeys(pool, now);
    if (deleted > 0) logger.info('data keys of expired months deleted', { deleted });
  },

  'idempotency keys of events': async ({ pool, logger }, { earlier: now }) => {
    const result = await rotateEventKeys(pool, now);
    if (result === 'rotated') logger.info('idempotency keys of events expired');
    if (result === 'locked') logger.warn('idempotency keys of events are locked; they expire later');
  },
};

const CHECKS: Jobs = {
  'expiring certificates': async ({ pool, logger }) => {
    const announced = await announceCertificates(pool);
    if (announced > 0) logger.warn('certificates expire soon', { announced });
  },

  'default partition rows': async ({ pool, logger, metrics }) => {
    const tables = await findDefaultPartitionRows(pool);
    metrics.defaultPartitionRows(tables.length);
    if (tables.length > 0)
      logger.warn('default partitions contain rows outside every daily partition', { tables });
  },
};

const total = (rows: Record<string, number>): number =>
  Object.values(rows).reduce((sum, count) => sum + count, 0);
