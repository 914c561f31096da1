import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';

// SKIP LOCKED: a key that is being changed keeps nobody waiting.
const RECORD = `
WITH due AS MATERIALIZED (
  SELECT id FROM api_key
  WHERE id = ANY ($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
), unlocked AS MATERIALIZED (
  SELECT id FROM api_key WHERE id IN (SELECT id FROM due) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), recorded AS (
  UPDATE api_key SET last_used_at = now() WHERE id IN (SELECT id FROM unlocked)
)
SELECT id FROM due WHERE id NOT IN (SELECT id FROM unlocked)`;

/**
 * Records that API keys are used now, each at most once a minute, also if several processes record it. Returns the ids of keys that
 * are being changed: their uses are not recorded.
 */
export async function recordApiKeyUses(pool: Pool, ids: readonly string[]): Promise<string[]> {
  const statement = preparedStatement(pool, 'record-api-key-uses', RECORD, [ids]);
  const { rows } = await pool.query<{ id: string }>(statement);
  return rows.map(({ id }) => id);
}
