import type { Pool } from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const EXPIRE_EVENT_KEYS = `
DELETE FROM event_idempotency WHERE (tenant_id, key) IN (
  SELECT tenant_id, key FROM event_idempotency WHERE created_at < now() - interval '7 days' LIMIT ${CHUNK}
)`;

const EXPIRE_ANSWERS = `
DELETE FROM request_idempotency WHERE (api_key_id, key) IN (
  SELECT api_key_id, key FROM request_idempotency WHERE created_at < now() - interval '24 hours' LIMIT ${CHUNK}
)`;

/**
 * Forgets idempotency keys: of events after 7 days, of other requests with their answers after 24 hours. A chunk at a
 * time, so that no lock is held for long. Answers how many.
 */
export async function deleteExpiredIdempotencyKeys(pool: Pool): Promise<number> {
  return (await deleteInChunks(pool, EXPIRE_EVENT_KEYS)) + (await deleteInChunks(pool, EXPIRE_ANSWERS));
}
