import type pg from 'pg';
import { isNotDeleted } from '../tenancy/is-active-tenant.js';
import { emit } from '../operational-events/emit.js';

/** How many days ahead the expiry of a certificate is announced. */
export const ANNOUNCED_DAYS = [30, 7, 1] as const;

const [FIRST, SECOND, LAST] = ANNOUNCED_DAYS;

/**
 * One statement, so that each step of a certificate is announced once, also if a process is killed or two run at a time. A certificate that
 * is stored shortly before its expiry skips the earlier steps.
 */
const ANNOUNCE = `
WITH due AS (
  SELECT c.id, CASE
    WHEN expires_at <= now() + interval '${LAST} days' THEN ${LAST}
    WHEN expires_at <= now() + interval '${SECOND} days' THEN ${SECOND}
    ELSE ${FIRST} END AS days
  FROM tls_certificate c
  WHERE expires_at > now() AND expires_at <= now() + interval '${FIRST} days' AND ${isNotDeleted('c')}
  -- A change deletes several certificates in another order. What it keeps is announced by the next run.
  FOR NO KEY UPDATE OF c SKIP LOCKED
), announced AS (
  UPDATE tls_certificate c SET announced_days = due.days FROM due
  WHERE c.id = due.id AND (c.announced_days IS NULL OR c.announced_days > due.days)
  RETURNING c.*
), named AS (
  SELECT a.*, first.details AS first, w.url FROM announced a
  -- Of a chain or a list: the one that expires first.
  CROSS JOIN LATERAL (
    SELECT d AS details FROM jsonb_array_elements(a.details) d ORDER BY d ->> 'notAfter' LIMIT 1
  ) first
  LEFT JOIN webhook w ON w.id = a.webhook_id
), emitted AS (${emit('posthorn.certificate.expiring', {
  data: `jsonb_strip_nulls(jsonb_build_object(
    'webhookId', webhook_id, 'url', url, 'kind', kind, 'subject', first ->> 'subject', 'fingerprint256', first ->> 'fingerprint256',
    'notAfter', first ->> 'notAfter', 'daysLeft', ceil(extract(epoch FROM expires_at - now()) / 86400)
  ))`,
  from: 'named',
})}
)
SELECT id FROM announced`;

/** Emits `posthorn.certificate.expiring` for certificates that expire soon, once for each of `ANNOUNCED_DAYS`. Returns for how many. */
export async function announceCertificates(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(ANNOUNCE);
  return rows.length;
}
