import type { Pool } from 'pg';

/** Identifies a request with an Idempotency-Key. */
interface RequestKey {
  apiKeyId: string;
  key: string;
}

/** A request that the caller has claimed. `token` distinguishes the claim from a later one of the same key. */
interface ClaimedRequest extends RequestKey {
  token: Date;
}

export type Claim =
  /** The caller runs the request. */
  | { kind: 'claimed'; token: Date }
  | { kind: 'in_progress' }
  /** The key was used for a different request. */
  | { kind: 'key_reused' }
  | { kind: 'completed'; status: number; sealed: string };

interface StoredRequest {
  isSame: boolean;
  status: number | null;
  sealed: string | null;
}

/** A claim without a response for longer than this was abandoned by a process that died. */
const CLAIM_TTL = `interval '60 seconds'`;

/** How long a stored response is returned for duplicate requests. */
const RESPONSE_TTL = `interval '24 hours'`;

const CLAIM = `
INSERT INTO request_idempotency AS r (api_key_id, key, fingerprint, locked_until)
VALUES ($1, $2, $3, clock_timestamp() + ${CLAIM_TTL})
ON CONFLICT (api_key_id, key) DO UPDATE SET
  fingerprint = excluded.fingerprint, locked_until = excluded.locked_until, created_at = now(),
  response_status = NULL, response_sealed = NULL
WHERE r.created_at < now() - ${RESPONSE_TTL}
  OR (r.response_status IS NULL AND r.locked_until < now() AND r.fingerprint = excluded.fingerprint)
RETURNING locked_until AS token`;

const READ = `
SELECT fingerprint = $3 AS "isSame", response_status AS status, response_sealed AS sealed
FROM request_idempotency WHERE api_key_id = $1 AND key = $2`;

/** Claims an idempotency key for a request, or returns the state of the request that has it. */
export async function claimRequest(
  pool: Pool,
  { apiKeyId, key }: RequestKey,
  fingerprint: Buffer,
): Promise<Claim> {
  for (;;) {
    const claimed = await pool.query<{ token: Date }>(CLAIM, [apiKeyId, key, fingerprint]);
    if (claimed.rows[0]) return { kind: 'claimed', token: claimed.rows[0].token };
    const { rows } = await pool.query<StoredRequest>(READ, [apiKeyId, key, fingerprint]);
    if (rows[0]) return toClaim(rows[0]);
    // The claim was released between the two statements: retry.
  }
}

function toClaim({ isSame, status, sealed }: StoredRequest): Claim {
  if (!isSame) return { kind: 'key_reused' };
  if (status === null || sealed === null) return { kind: 'in_progress' };
  return { kind: 'completed', status, sealed };
}

/** Condition: the claim $1 (API key), $2 (key), $3 (token) still holds, without a response. */
const IS_CLAIMED = 'api_key_id = $1 AND key = $2 AND locked_until = $3 AND response_status IS NULL';
const RELEASE = `DELETE FROM request_idempotency WHERE ${IS_CLAIMED}`;
const STORE = `UPDATE request_idempotency SET response_status = $4, response_sealed = $5, event_id = $6 WHERE ${IS_CLAIMED}`;

/** Releases the claim of a request that failed, so that the client can retry it. */
export async function releaseRequestClaim(
  pool: Pool,
  { apiKeyId, key, token }: ClaimedRequest,
): Promise<void> {
  await pool.query(RELEASE, [apiKeyId, key, token]);
}

/** Stores the response of a claimed request, to return it for duplicates. @param response `eventId`: it is deleted when this event is erased */
export async function storeResponse(
  pool: Pool,
  { apiKeyId, key, token }: ClaimedRequest,
  response: { status: number; sealed: string; eventId: string | null },
): Promise<void> {
  await pool.query(STORE, [apiKeyId, key, token, response.status, response.sealed, response.eventId]);
}
