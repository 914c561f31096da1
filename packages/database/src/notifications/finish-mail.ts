import type pg from 'pg';
import { inTransaction } from '../connection/transaction.js';
import type { ClaimedMail } from './claim-mail.js';

/** The statement below must see notices that were inserted while the lock was awaited. */
const LOCK = 'SELECT FROM mailbox WHERE tenant_id = $1 AND address = $2 AND mail_id = $3 FOR UPDATE';

const FINISH = `
WITH finished AS (
  DELETE FROM notice WHERE mail_id = $3 RETURNING 1
)
UPDATE mailbox m SET mail_id = NULL, attempts = 0, unknown_attempts = 0, last_error = $6::text,
  last_failed_at = CASE WHEN $6::text IS NULL THEN last_failed_at ELSE now() END,
  last_sent_at = CASE WHEN $5::boolean THEN now() ELSE last_sent_at END, quiet_until = now() + $4 * interval '1 minute',
  next_at = CASE WHEN EXISTS (
    SELECT FROM notice n WHERE n.tenant_id = $1 AND n.address = $2 AND n.mail_id IS NULL
  ) THEN now() + $4 * interval '1 minute' END
WHERE m.tenant_id = $1 AND m.address = $2 AND m.mail_id = $3
RETURNING (SELECT count(*)::int FROM finished) AS notices`;

/** Deletes the notices of a message that was sent. Those since then follow after a pause. */
export async function recordSentMail(pool: pg.Pool, mail: ClaimedMail, pauseMinutes: number): Promise<void> {
  await finish(pool, mail, { isSent: true, pauseMinutes, error: null });
}

/** Ends the claim of a message without notices. */
export async function recordEmptyMail(pool: pg.Pool, mail: ClaimedMail): Promise<void> {
  await finish(pool, mail, { isSent: false, pauseMinutes: 0, error: null });
}

/**
 * Deletes the notices of a message that is not sent again although nobody knows whether the server accepted it. Those since then follow
 * after a pause. Returns how many it deleted.
 */
export async function recordAbandonedMail(
  pool: pg.Pool,
  mail: ClaimedMail,
  { pauseMinutes, error }: { pauseMinutes: number; error: string },
): Promise<number> {
  return finish(pool, mail, { isSent: false, pauseMinutes, error });
}

async function finish(
  pool: pg.Pool,
  { id, tenantId, address }: ClaimedMail,
  { isSent, pauseMinutes, error }: { isSent: boolean; pauseMinutes: number; error: string | null },
): Promise<number> {
  return inTransaction(pool, async (transaction) => {
    const { rowCount } = await transaction.query(LOCK, [tenantId, address, id]);
    if (rowCount !== 1) return 0;
    const parameters = [tenantId, address, id, pauseMinutes, isSent, error];
    const { rows } = await transaction.query<{ notices: number }>(FINISH, parameters);
    return rows[0]?.notices ?? 0;
  });
}

const FAILED = `
WITH released AS (
  -- The next message also has the notices since then. If the server may have accepted it, the same message is sent again.
  UPDATE notice SET mail_id = NULL WHERE mail_id = $3 AND $6::int = 0
)
UPDATE mailbox SET mail_id = CASE WHEN $6::int > 0 THEN mail_id END, unknown_attempts = $6, last_error = $4, last_failed_at = now(),
  next_at = now() + $5 * interval '1 second'
WHERE tenant_id = $1 AND address = $2 AND mail_id = $3`;

interface MailFailure {
  error: string;
  /** When it is sent again, in seconds. */
  delaySeconds: number;
  /** Attempts, including this one, after which the server may have accepted the message. */
  unknownAttempts: number;
}

/** Schedules a message that failed again. */
export async function recordFailedMail(
  pool: pg.Pool,
  { id, tenantId, address }: ClaimedMail,
  { error, delaySeconds, unknownAttempts }: MailFailure,
): Promise<void> {
  await pool.query(FAILED, [tenantId, address, id, error, delaySeconds, unknownAttempts]);
}
