import type { Pool } from 'pg';

/** The row that a request with an Idempotency-Key stands for. */
export interface RequestKey {
  apiKeyId: string;
  key: string;
}

export type Claim =
  /** Ours to run. `token` tells it from a later claim of the same key. */
  | { kind: 'claimed'; token: Date }
  | { kind: 'in_progress' }
  /** The key was used for another request. */
  | { kind: 'key_reused' }
  | { kind: 'completed'; status: number; sealed: string };

interface Row {
  same: boolean;
  response_status: number | null;
  response_sealed: string | null;
}

/** A claim that was not ended for so long was left behind by a process that died. */
const LOCK = `interval '60 seconds'`;

/** How long an answer is given again. */
const KEPT = `interval '24 hours'`;

const CLAIM = `
INSERT INTO request_idempotency AS r (api_key_id, key, fingerprint, locked_until)
VALUES ($1, $2, $3, clock_timestamp() + ${LOCK})
ON CONFLICT (api_key_id, key) DO UPDATE SET
  fingerprint = excluded.fingerprint, locked_until = excluded.locked_until, created_at = now(),
  response_status = NULL, response_sealed = NULL
WHERE r.created_at < now() - ${KEPT}
  OR (r.response_status IS NULL AND r.locked_until < now() AND r.fingerprint = excluded.fingerprint)
RETURNING locked_until`;

const READ = `
SELECT fingerprint = $3 AS same, response_status, response_sealed
FROM request_idempotency WHERE api_key_id = $1 AND key = $2`;

/** Takes a key for a request, or says what became of the request that has it. */
export async function claimRequest(
  pool: Pool,
  { apiKeyId, key }: RequestKey,
  fingerprint: Buffer,
): Promise<Claim> {
  for (;;) {
    const claimed = await pool.query<{ locked_until: Date }>(CLAIM, [apiKeyId, key, fingerprint]);
    if (claimed.rows[0]) return { kind: 'claimed', token: claimed.rows[0].locked_until };
    const { rows } = await pool.query<Row>(READ, [apiKeyId, key, fingerprint]);
    if (rows[0]) return toClaim(rows[0]);
    // It was given up between the two statements: it can be had now.
  }
}

function toClaim({ same, response_status: status, response_sealed: sealed }: Row): Claim {
  if (!same) return { kind: 'key_reused' };
  if (status === null || sealed === null) return { kind: 'in_progress' };
  return { kind: 'completed', status, sealed };
}

/** Keeps the answer of a claimed request. */
export async function storeResponse(
  pool: Pool,
  { apiKeyId, key, token }: RequestKey & { token: Date },
  answer: { status: number; sealed: string },
): Promise<void> {
  await pool.query(
    `UPDATE request_idempotency SET response_status = $4, response_sealed = $5
     WHERE api_key_id = $1 AND key = $2 AND locked_until = $3 AND response_status IS NULL`,
    [apiKeyId, key, token, answer.status, answer.sealed],
  );
}

/** Gives a claim up, so that the request can be tried again. */
export async function releaseRequestClaim(
  pool: Pool,
  { apiKeyId, key, token }: RequestKey & { token: Date },
): Promise<void> {
  await pool.query(
    `DELETE FROM request_idempotency
     WHERE api_key_id = $1 AND key = $2 AND locked_until = $3 AND response_status IS NULL`,
    [apiKeyId, key, token],
  );
}
