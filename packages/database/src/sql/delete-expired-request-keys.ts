import type { Pool } from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const DELETE = `
DELETE FROM request_idempotency WHERE (api_key_id, key) IN (
  SELECT api_key_id, key FROM request_idempotency WHERE created_at < now() - interval '24 hours' LIMIT ${CHUNK}
)`;

/** Deletes idempotency keys of requests after 24 hours, with their responses. Returns how many. */
export async function deleteExpiredRequestKeys(pool: Pool): Promise<number> {
  return deleteInChunks(pool, DELETE);
}
