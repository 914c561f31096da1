import type pg from 'pg';
import { inTransaction } from '../../transaction.js';
import type { ClaimedMail } from './claim-mail.js';

/** The statement below must see notices that were inserted while the lock was awaited. */
const LOCK = 'SELECT FROM mailbox WHERE tenant_id = $1 AND address = $2 AND mail_id = $3 FOR UPDATE';

const FINISH = `
WITH sent AS (
  DELETE FROM notice WHERE mail_id = $3
)
UPDATE mailbox m SET mail_id = NULL, attempts = 0, last_error = NULL,
  last_sent_at = CASE WHEN $5::boolean THEN now() ELSE last_sent_at END, quiet_until = now() + $4 * interval '1 minute',
  next_at = CASE WHEN EXISTS (
    SELECT FROM notice n WHERE n.tenant_id = $1 AND n.address = $2 AND n.mail_id IS NULL
  ) THEN now() + $4 * interval '1 minute' END
WHERE m.tenant_id = $1 AND m.address = $2 AND m.mail_id = $3`;

/** Deletes the notices of a message that was sent. Those since then follow after a pause. */
export async function recordSentMail(pool: pg.Pool, mail: ClaimedMail, pauseMinutes: number): Promise<void> {
  await finish(pool, mail, { isSent: true, pauseMinutes });
}

/** Ends the claim of a message without notices. */
export async function recordEmptyMail(pool: pg.Pool, mail: ClaimedMail): Promise<void> {
  await finish(pool, mail, { isSent: false, pauseMinutes: 0 });
}

async function finish(
  pool: pg.Pool,
  { id, tenantId, address }: ClaimedMail,
  { isSent, pauseMinutes }: { isSent: boolean; pauseMinutes: number },
): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    const { rowCount } = await transaction.query(LOCK, [tenantId, address, id]);
    if (rowCount === 1) await transaction.query(FINISH, [tenantId, address, id, pauseMinutes, isSent]);
  });
}

const FAILED = `
WITH released AS (
  -- The next message also has the notices since then. If the server may have accepted it, the same message is sent again.
  UPDATE notice SET mail_id = NULL WHERE mail_id = $3 AND NOT $6::boolean
)
UPDATE mailbox SET mail_id = CASE WHEN $6::boolean THEN mail_id END, last_error = $4, last_failed_at = now(),
  next_at = now() + $5 * interval '1 second'
WHERE tenant_id = $1 AND address = $2 AND mail_id = $3`;

export interface MailFailure {
  error: string;
  /** When it is sent again, in seconds. */
  delaySeconds: number;
  /** Whether the server may have accepted the message. */
  mayBeSent: boolean;
}

/** Schedules a message that failed again. */
export async function recordFailedMail(
  pool: pg.Pool,
  { id, tenantId, address }: ClaimedMail,
  { error, delaySeconds, mayBeSent }: MailFailure,
): Promise<void> {
  await pool.query(FAILED, [tenantId, address, id, error, delaySeconds, mayBeSent]);
}
