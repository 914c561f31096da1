import type { PrismaTransaction } from '../prisma-client/client.js';

/** Maximum number of sessions of a key or person. A further one ends the oldest. */
const MAX_SESSIONS = 100;

/** Deletes the oldest sessions of a key or person, so that there is room for a further one. */
export async function deleteOldestSessions(transaction: PrismaTransaction, parentId: string): Promise<void> {
  await transaction.$executeRaw`
    DELETE FROM api_key WHERE id IN (
      SELECT id FROM api_key WHERE parent_id = ${parentId}::uuid AND kind = 'session' ORDER BY id DESC OFFSET ${MAX_SESSIONS - 1}
    )`;
}
