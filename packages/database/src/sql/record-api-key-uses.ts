import type { Pool } from 'pg';
import { preparedStatement } from '../connect.js';

// SKIP LOCKED: a key that is being changed keeps nobody waiting.
const RECORD = `
  UPDATE api_key SET last_used_at = now()
  WHERE id IN (
    SELECT id FROM api_key
    WHERE id = ANY ($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED
  )`;

/** Records that API keys are used now, each at most once a minute, also if several processes record it. */
export async function recordApiKeyUses(pool: Pool, ids: readonly string[]): Promise<void> {
  await pool.query(preparedStatement(pool, 'record-api-key-uses', RECORD, [ids]));
}
