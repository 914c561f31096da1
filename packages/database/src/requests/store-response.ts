import type { Pool } from 'pg';
import { type ClaimedRequest, IS_CLAIMED } from './request-key.js';

const STORE = `UPDATE request_idempotency SET response_status = $4, response_sealed = $5 WHERE ${IS_CLAIMED}`;

/** Stores the response of a claimed request, to return it for duplicates. */
export async function storeResponse(
  pool: Pool,
  { apiKeyId, key, token }: ClaimedRequest,
  response: { status: number; sealed: string },
): Promise<void> {
  await pool.query(STORE, [apiKeyId, key, token, response.status, response.sealed]);
}
