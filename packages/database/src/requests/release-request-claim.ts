import type { Pool } from 'pg';
import { type ClaimedRequest, IS_CLAIMED } from './request-key.js';

const RELEASE = `DELETE FROM request_idempotency WHERE ${IS_CLAIMED}`;

/** Releases the claim of a request that failed, so that the client can retry it. */
export async function releaseRequestClaim(
  pool: Pool,
  { apiKeyId, key, token }: ClaimedRequest,
): Promise<void> {
  await pool.query(RELEASE, [apiKeyId, key, token]);
}
