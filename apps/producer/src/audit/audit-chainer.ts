import { encodeId } from '@posthorn/core';
import { AUDIT_IS_DUE, chainAuditEntries, closeAuditRepeats } from '@posthorn/database/audit';
import type { Pool } from '@posthorn/database/connection';
import { withLease } from '@posthorn/database/server';
import type { Logger } from '@posthorn/runtime';
import type { Task } from '../tasks/task.js';

export const chainAuditTask: Task = {
  name: 'chain_audit',
  pauses: { intervalMs: 500, maxIntervalMs: 60_000 },
  due: AUDIT_IS_DUE,
  create: ({ bulkPool, logger }) => createAuditChainer(bulkPool, logger),
};

/** Returns the task that records repeated actions and chains the audit log, in one producer at a time. Resolves to whether it chained any. */
export function createAuditChainer(pool: Pool, logger: Logger): () => Promise<boolean> {
  return async () => {
    let chained = 0;
    await withLease(pool, 'audit', async (lease) => {
      await closeAuditRepeats(pool);
      chained = await chainAuditEntries(pool, {
        signal: lease,
        onLate([first, ...others]) {
          if (first === undefined) return;
          const { number, id, createdAt } = first;
          logger.error('entries of the audit log are dated long before entries that were added before them', {
            number,
            id: encodeId('auditEntry', id),
            createdAt: createdAt.toISOString(),
            others: others.length,
          });
        },
      });
    });
    return chained > 0;
  };
}
