import type { PrismaTransaction } from '../prisma-client/client.js';

/**
 * Returns SQL that waits for the turn of a statement which then locks the row of a tenant until the transaction ends. Statements that add to
 * feeds share the lock of that row. PostgreSQL lets further shared locks pass a statement that waits for an exclusive one, which
 * would wait for as long as they overlap. Turns are granted in the order of the requests.
 */
export const awaitTurn = (tenantId: string, mode: 'shared' | 'exclusive'): string =>
  `pg_advisory_xact_lock${mode === 'shared' ? '_shared' : ''}(hashtextextended('feeds of ' || ${tenantId}::text, 0))`;

const LOCK = `
WITH turn AS MATERIALIZED (SELECT ${awaitTurn('$1', 'exclusive')})
SELECT date_trunc('milliseconds', clock_timestamp()) AS now
FROM (SELECT FROM turn CROSS JOIN tenant t WHERE t.id = $1::uuid FOR NO KEY UPDATE OF t) AS locked`;

/** Locks the row of a tenant until the transaction ends. Returns the clock of the database then, or null if the tenant does not exist. */
export async function lockTenant(transaction: PrismaTransaction, id: string): Promise<Date | null> {
  const rows = await transaction.$queryRawUnsafe<{ now: Date }[]>(LOCK, id);
  return rows[0]?.now ?? null;
}
