import type { TokenFailureCode, WebhookStatus } from '@posthorn/core';
import type pg from 'pg';

/** A webhook with OAuth 2.0, and its authentication as it was read: tokens of another one are not used. */
export interface TokenOwner {
  webhookId: string;
  authSealed: string;
}

/** What is known of the access token of a webhook. Times are in milliseconds from now, by the clock of PostgreSQL. */
export interface AccessTokenState {
  /** Identifies the fetch that the token is from. Null without a token that can be used. */
  tokenId: string | null;
  tokenSealed: string | null;
  usableMs: number | null;
  /** Why the last fetch failed. Null unless the next one has to wait. */
  failureCode: TokenFailureCode | null;
  retryInMs: number | null;
  isFetching: boolean;
}

/** A fetch whose process died is repeated after this time: longer than its request and the record of its result. */
const FETCH_TIMEOUT = "interval '15 s'";

/** The condition that a token is being fetched, for a row of `webhook_token`. */
const IS_FETCHING = `coalesce(fetch_started_at > clock_timestamp() - ${FETCH_TIMEOUT}, false)`;

/** The shortest time between two tokens that are fetched because the receiver rejected one. */
const REJECTION_INTERVAL = "interval '10 s'";

/** Pauses after failed fetches: 5 s, doubled each time, at most 5 minutes. Up to a fifth more or less, so that webhooks whose fetches failed together spread. */
const RETRY_AT =
  "clock_timestamp() + least(5 * 2 ^ least(failures, 10), 300) * (0.8 + 0.4 * random()) * interval '1 s'";

const msUntil = (time: string) => `(extract(epoch FROM ${time} - clock_timestamp()) * 1000)::float8`;

/** The digest of an authentication as it is stored: a change, also to equal values, needs another token. */
const digestOf = (authSealed: string) => `encode(sha256(convert_to(${authSealed}, 'UTF8')), 'base64')`;

/** How the deliveries of a webhook wait for its access token: until it is there, or until one of them has tried again. */
export type TokenWait = 'all' | 'all_but_one';

/** The `TokenWait` of the webhook `w`. Null if its deliveries do not wait. */
export const TOKEN_WAIT = `(
  SELECT CASE WHEN ${IS_FETCHING} THEN 'all'
    WHEN failure_code IS NOT NULL THEN CASE WHEN is_failure_taken AND retry_at > clock_timestamp() THEN 'all' ELSE 'all_but_one' END
  END
  FROM webhook_token WHERE webhook_id = w.id AND auth_digest = ${digestOf('w.auth_sealed')}
)`;

const FIND = `
SELECT CASE WHEN expires_at > clock_timestamp() THEN token_id END AS "tokenId", token_sealed AS "tokenSealed",
  ${msUntil('expires_at')} AS "usableMs",
  CASE WHEN retry_at > clock_timestamp() THEN failure_code END AS "failureCode", ${msUntil('retry_at')} AS "retryInMs",
  ${IS_FETCHING} AS "isFetching"
FROM webhook_token WHERE webhook_id = $1 AND auth_digest = ${digestOf('$2::text')}`;

/** Returns what is known of the token of a webhook. Undefined if there was no fetch with this authentication. */
export async function findAccessToken(
  pool: pg.Pool,
  { webhookId, authSealed }: TokenOwner,
): Promise<AccessTokenState | undefined> {
  const { rows } = await pool.query<AccessTokenState>(FIND, [webhookId, authSealed]);
  return rows[0];
}

// Reads and locks the webhook, so that a process with an outdated read neither replaces the token of the new authentication, nor sends
// credentials of a webhook that was suspended, nor stores a token of one that was deleted.
const START = `
INSERT INTO webhook_token AS t (webhook_id, auth_digest, fetch_id, fetch_started_at)
SELECT w.id, ${digestOf('$2::text')}, $3::uuid, clock_timestamp()
FROM webhook w JOIN tenant o ON o.id = w.tenant_id
WHERE w.id = $1 AND w.auth_sealed = $2 AND w.status = $4 AND o.status = 'active'
FOR SHARE OF w
ON CONFLICT (webhook_id) DO UPDATE SET
  auth_digest = excluded.auth_digest, fetch_id = excluded.fetch_id, fetch_started_at = excluded.fetch_started_at,
  token_id = NULL, token_sealed = NULL, expires_at = NULL,
  failures = CASE WHEN t.auth_digest = excluded.auth_digest THEN t.failures ELSE 0 END,
  failure_code = CASE WHEN t.auth_digest = excluded.auth_digest THEN t.failure_code END,
  retry_at = CASE WHEN t.auth_digest = excluded.auth_digest THEN t.retry_at END,
  rejected_at = CASE WHEN t.auth_digest = excluded.auth_digest THEN t.rejected_at END
WHERE t.auth_digest <> excluded.auth_digest OR (
  coalesce(t.expires_at <= clock_timestamp(), true)
  AND coalesce(t.retry_at <= clock_timestamp(), true)
  AND coalesce(t.fetch_started_at <= clock_timestamp() - ${FETCH_TIMEOUT}, true)
)`;

/** The fetch of a token, for a webhook as it was read. */
export interface TokenFetch extends TokenOwner {
  fetchId: string;
  status: WebhookStatus;
}

/**
 * Starts the fetch of a token, one at a time over all processes. Returns false if there is another one, a token, or a pause, or if the
 * webhook or its tenant has changed.
 */
export async function startTokenFetch(
  pool: pg.Pool,
  { webhookId, authSealed, fetchId, status }: TokenFetch,
): Promise<boolean> {
  const { rowCount } = await pool.query(START, [webhookId, authSealed, fetchId, status]);
  return rowCount === 1;
}

/** Ends a fetch that sent no request, as if it had not started. */
export async function endTokenFetch(
  pool: pg.Pool,
  { webhookId, fetchId }: { webhookId: string; fetchId: string },
): Promise<void> {
  await pool.query(
    'UPDATE webhook_token SET fetch_id = NULL, fetch_started_at = NULL WHERE webhook_id = $1 AND fetch_id = $2',
    [webhookId, fetchId],
  );
}

/** Stores the token of a fetch, unless another one has begun. */
export async function storeAccessToken(
  pool: pg.Pool,
  token: { webhookId: string; fetchId: string; sealed: string; usableMs: number },
): Promise<void> {
  await pool.query(
    `UPDATE webhook_token SET fetch_id = NULL, fetch_started_at = NULL, failures = 0, failure_code = NULL, retry_at = NULL,
       token_id = $2, token_sealed = $3, expires_at = clock_timestamp() + $4 * interval '1 ms'
     WHERE webhook_id = $1 AND fetch_id = $2`,
    [token.webhookId, token.fetchId, token.sealed, token.usableMs],
  );
}

/** Stores that a fetch failed, unless another one has begun. The next one has to wait, longer each time. */
export async function storeTokenFailure(
  pool: pg.Pool,
  failure: { webhookId: string; fetchId: string; code: TokenFailureCode },
): Promise<void> {
  await pool.query(
    `UPDATE webhook_token SET fetch_id = NULL, fetch_started_at = NULL, failures = failures + 1, failure_code = $3,
       is_failure_taken = false, retry_at = ${RETRY_AT}
     WHERE webhook_id = $1 AND fetch_id = $2`,
    [failure.webhookId, failure.fetchId, failure.code],
  );
}

/** A failure that no delivery has is forgotten this long after the pause that followed it. */
const FAILURE_LASTS = "interval '10 minutes'";

/** Takes the failure of the last fetch for the attempt of one delivery. Returns null if there is none, or another delivery has it. */
export async function takeTokenFailure(
  pool: pg.Pool,
  { webhookId, authSealed }: TokenOwner,
): Promise<TokenFailureCode | null> {
  const { rows } = await pool.query<{ code: TokenFailureCode }>(
    `UPDATE webhook_token SET is_failure_taken = true
     WHERE webhook_id = $1 AND auth_digest = ${digestOf('$2::text')} AND failure_code IS NOT NULL AND NOT is_failure_taken
       AND retry_at > clock_timestamp() - ${FAILURE_LASTS}
     RETURNING failure_code AS code`,
    [webhookId, authSealed],
  );
  return rows[0]?.code ?? null;
}

/** Lets the next fetch start now, after a failed one: the same request has just succeeded. */
export async function endTokenPause(pool: pg.Pool, { webhookId, authSealed }: TokenOwner): Promise<void> {
  await pool.query(
    `UPDATE webhook_token SET retry_at = clock_timestamp() WHERE webhook_id = $1 AND auth_digest = ${digestOf('$2::text')} AND retry_at > clock_timestamp()`,
    [webhookId, authSealed],
  );
}

const REJECT = `
WITH current AS MATERIALIZED (
  SELECT token_id, rejected_at FROM webhook_token WHERE webhook_id = $1 FOR UPDATE
), rejected AS (
  UPDATE webhook_token t SET token_id = NULL, token_sealed = NULL, expires_at = NULL, rejected_at = clock_timestamp()
  FROM current c
  WHERE t.webhook_id = $1 AND c.token_id = $2 AND coalesce(c.rejected_at <= clock_timestamp() - ${REJECTION_INTERVAL}, true)
  RETURNING t.webhook_id
)
SELECT token_id IS DISTINCT FROM $2 OR EXISTS (SELECT FROM rejected) AS "isReplaced" FROM current`;

/**
 * Removes a token that the receiver has rejected. Returns whether the webhook gets another one; false if the last token was rejected, too, a
 * moment ago: a receiver that rejects every token must not cause a fetch for each event.
 */
export async function rejectAccessToken(
  pool: pg.Pool,
  { webhookId, tokenId }: { webhookId: string; tokenId: string },
): Promise<boolean> {
  const { rows } = await pool.query<{ isReplaced: boolean }>(REJECT, [webhookId, tokenId]);
  return rows[0]?.isReplaced ?? true;
}

interface TokenFailures {
  webhookId: string;
  code: TokenFailureCode;
}

/** Returns active webhooks whose last fetch of a token failed, while the next one waits or deliveries wait for it. */
export async function listTokenFailures(pool: pg.Pool, limit: number): Promise<TokenFailures[]> {
  const { rows } = await pool.query<TokenFailures>(
    `SELECT t.webhook_id AS "webhookId", t.failure_code AS code
     FROM webhook_token t JOIN webhook w ON w.id = t.webhook_id JOIN tenant o ON o.id = w.tenant_id
     WHERE t.failure_code IS NOT NULL AND t.auth_digest = ${digestOf('w.auth_sealed')} AND w.status = 'active' AND o.status = 'active'
       AND (t.retry_at > clock_timestamp() OR EXISTS (SELECT FROM pending_delivery d WHERE d.webhook_id = w.id AND d.held))
     ORDER BY t.webhook_id LIMIT $1`,
    [limit],
  );
  return rows;
}
