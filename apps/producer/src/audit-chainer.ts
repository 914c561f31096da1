import { chainAuditEntries, closeAuditRepeats, type Pool, withLease } from '@posthorn/database';

/** Returns the task that records repeated actions and chains the audit log, in one producer at a time. Resolves to whether it chained any. */
export function createAuditChainer(pool: Pool): () => Promise<boolean> {
  return async () => {
    let chained = 0;
    await withLease(pool, 'audit', async (lease) => {
      await closeAuditRepeats(pool);
      chained = await chainAuditEntries(pool, lease);
    });
    return chained > 0;
  };
}
