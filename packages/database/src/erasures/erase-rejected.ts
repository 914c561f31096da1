import { cooperativeYield, scalarDigests } from '@posthorn/core';
import type pg from 'pg';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { rejectedPayloadOpener } from '../events/rejected-payload.js';
import { addCounts, type RunningErasure } from './erasure.js';

const BATCH = 50;

const READ = `
SELECT id, payload FROM rejected_event
WHERE tenant_id = $1 AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY id LIMIT ${BATCH}`;

/** The stored payload is JSON text. */
const ERASE = `
WITH erased AS (
  UPDATE rejected_event SET payload = '{}', message = 'The payload was erased' WHERE id = ANY ($2::uuid[]) RETURNING 1
)
UPDATE erasure SET ${addCounts({ rejectedEvents: 'erased' })},
  cursor = CASE WHEN phase = $3 AND cursor IS NOT DISTINCT FROM $4::uuid THEN $5::uuid ELSE cursor END
WHERE id = $1`;

/**
 * Erases the payloads of the next rejected events that have the value anywhere, since a rejected payload need not have a valid form. One
 * that is cut within a text, which may be the value, is erased too. Also those after the call: their pushes may be from before it. Returns
 * whether there may be more: a page that is not full is the last one, so that pushes that are rejected meanwhile do not prolong the phase.
 */
export async function eraseRejected(
  pool: pg.Pool,
  erasure: RunningErasure,
  payloadKeys: PayloadKeys,
): Promise<boolean> {
  const { id, tenantId, phase, cursor, digest } = erasure;
  const { rows } = await pool.query<{ id: string; payload: string }>(READ, [tenantId, cursor]);
  const last = rows.at(-1);
  if (!last) return false;
  const open = await rejectedPayloadOpener(payloadKeys, rows);
  const yielder = cooperativeYield();
  const matching: string[] = [];
  for (const row of rows) {
    const { digests, isCut } = await scalarDigests(open(row), yielder);
    if (isCut || digests.has(digest ?? '')) matching.push(row.id);
  }
  await pool.query(ERASE, [id, matching, phase, cursor, last.id]);
  return rows.length === BATCH;
}
