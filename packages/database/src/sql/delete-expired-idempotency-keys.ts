import type { Pool } from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const DELETE_EVENT_KEYS = `
DELETE FROM event_idempotency WHERE (tenant_id, key) IN (
  SELECT tenant_id, key FROM event_idempotency WHERE created_at < now() - interval '7 days' LIMIT ${CHUNK}
)`;

const DELETE_REQUEST_KEYS = `
DELETE FROM request_idempotency WHERE (api_key_id, key) IN (
  SELECT api_key_id, key FROM request_idempotency WHERE created_at < now() - interval '24 hours' LIMIT ${CHUNK}
)`;

/** Deletes idempotency keys: of events after 7 days, of requests, with their responses, after 24 hours. Returns how many. */
export async function deleteExpiredIdempotencyKeys(pool: Pool): Promise<number> {
  return (await deleteInChunks(pool, DELETE_EVENT_KEYS)) + (await deleteInChunks(pool, DELETE_REQUEST_KEYS));
}
