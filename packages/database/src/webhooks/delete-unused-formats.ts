import { STANDARD_FORMAT_ID } from '@posthorn/core';
import type pg from 'pg';
import { CHUNK, deleteInChunks } from '../retention/delete-in-chunks.js';

const DELETE = `
DELETE FROM delivery_format WHERE id IN (
  SELECT f.id FROM delivery_format f
  WHERE f.used_at < $1::timestamptz - interval '1 day'
    AND NOT EXISTS (SELECT FROM webhook w WHERE w.format_id = f.id)
    AND NOT EXISTS (SELECT FROM tenant t WHERE t.format_id = f.id)
    AND NOT EXISTS (SELECT FROM pending_delivery d WHERE d.format_id = f.id AND d.format_id <> '${STANDARD_FORMAT_ID}')
  LIMIT ${CHUNK}
) AND used_at < $1::timestamptz - interval '1 day'`;

/**
 * Deletes formats that no webhook, tenant or retry has used for a day. The last condition is checked again after a wait for the lock
 * of a row that is being set. Returns how many.
 */
export async function deleteUnusedFormats(pool: pg.Pool, now: Date): Promise<number> {
  return deleteInChunks(pool, DELETE, [now]);
}
