import {
  createPartitions,
  expireIdempotencyKeys,
  type Pool,
  strayPartitions,
  withLock,
} from '@posthorn/database';
import type { Logger } from '@posthorn/runtime';

/** The hourly chores, by one producer at a time: partitions for the days ahead, and an end for old idempotency keys. */
export async function maintain(pool: Pool, logger: Logger): Promise<void> {
  await withLock(pool, 'maintain', async () => {
    const made = await createPartitions(pool, new Date());
    if (made > 0) logger.info('partitions made', { made });
    const stray = await strayPartitions(pool);
    if (stray.length > 0)
      logger.warn('rows that no daily partition covers are in the default ones', { tables: stray });
    const expired = await expireIdempotencyKeys(pool);
    if (expired > 0) logger.info('idempotency keys expired', { expired });
  });
}
