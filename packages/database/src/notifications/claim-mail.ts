import type pg from 'pg';
import { isNotDeleted } from '../tenancy/is-active-tenant.js';

/** The type of the notice that asks the owner of an address to confirm it. */
export const CONFIRMATION = 'confirmation';

/** The notices to one address that are sent as one message: a confirmation, or the others. */
export interface ClaimedMail {
  /** Stays the same until the message is known to be sent, or known not to be. */
  id: string;
  /** The tenant, or the system scope. */
  tenantId: string;
  address: string;
  /** Including the one that the claim is for. */
  attempts: number;
  /** Attempts after which the server may have accepted the message. */
  unknownAttempts: number;
}

/** The condition that notices are due. */
export const EMAILS_ARE_DUE = 'EXISTS (SELECT FROM mailbox WHERE next_at <= now())';

/** Longer than a message takes. If the process dies, another one sends it after this time. */
const LEASE = `interval '2 minutes'`;

const CLAIM = `
WITH due AS MATERIALIZED (
  SELECT tenant_id, address, mail_id IS NULL AS is_new FROM mailbox
  WHERE next_at <= now() AND ${isNotDeleted('mailbox')}
  ORDER BY next_at LIMIT 1
  FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE mailbox m SET next_at = now() + ${LEASE}, attempts = attempts + 1, mail_id = coalesce(mail_id, posthorn_uuidv7())
  FROM due WHERE m.tenant_id = due.tenant_id AND m.address = due.address
  RETURNING m.tenant_id, m.address, m.mail_id, m.attempts, m.unknown_attempts, due.is_new
), marked AS (
  -- A confirmation is a separate message. The other notices follow it.
  UPDATE notice n SET mail_id = c.mail_id
  FROM claimed c WHERE c.is_new AND n.tenant_id = c.tenant_id AND n.address = c.address AND (
    n.type = '${CONFIRMATION}' OR NOT EXISTS (
      SELECT FROM notice o WHERE o.tenant_id = c.tenant_id AND o.address = c.address AND o.type = '${CONFIRMATION}'
    )
  )
)
SELECT mail_id AS id, tenant_id AS "tenantId", address, attempts, unknown_attempts AS "unknownAttempts"
FROM claimed`;

/** Claims the notices of the mailbox that has been due for longest. Returns null if none is due. */
export async function claimMail(pool: pg.Pool): Promise<ClaimedMail | null> {
  const { rows } = await pool.query<ClaimedMail>(CLAIM);
  return rows[0] ?? null;
}
