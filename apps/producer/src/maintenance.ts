import { createPartitions, type Pool, strayPartitions, withLock } from '@posthorn/database';
import type { Logger } from '@posthorn/runtime';

/** Makes the partitions of the days ahead, and says when rows lie outside all days. */
export async function maintainPartitions(pool: Pool, logger: Logger): Promise<void> {
  await withLock(pool, 'maintain', async () => {
    const made = await createPartitions(pool, new Date());
    if (made > 0) logger.info('partitions made', { made });
    const stray = await strayPartitions(pool);
    if (stray.length > 0)
      logger.warn('rows that no daily partition covers are in the default ones', { tables: stray });
  });
}
