import type { Pool } from 'pg';
import type { RequestKey } from './request-key.js';

export type Claim =
  /** The caller runs the request. */
  | { kind: 'claimed'; token: Date }
  | { kind: 'in_progress' }
  /** The key was used for a different request. */
  | { kind: 'key_reused' }
  | { kind: 'completed'; status: number; sealed: string };

interface Row {
  same: boolean;
  response_status: number | null;
  response_sealed: string | null;
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
RETURNING locked_until`;

const READ = `
SELECT fingerprint = $3 AS same, response_status, response_sealed
FROM request_idempotency WHERE api_key_id = $1 AND key = $2`;

/** Claims an idempotency key for a request, or returns the state of the request that has it. */
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
    // The claim was released between the two statements: retry.
  }
}

function toClaim({ same, response_status: status, response_sealed: sealed }: Row): Claim {
  if (!same) return { kind: 'key_reused' };
  if (status === null || sealed === null) return { kind: 'in_progress' };
  return { kind: 'completed', status, sealed };
}
