import type { Pool } from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const DELETE = `
DELETE FROM request_idempotency WHERE (api_key_id, key) IN (
  SELECT api_key_id, key FROM request_idempotency WHERE created_at < $1::timestamptz - interval '24 hours' LIMIT ${CHUNK}
)`;

/** Deletes idempotency keys of requests after 24 hours, with their responses. Returns how many. */
export async function deleteExpiredRequestKeys(pool: Pool, now: Date): Promise<number> {
  return deleteInChunks(pool, DELETE, [now]);
}
