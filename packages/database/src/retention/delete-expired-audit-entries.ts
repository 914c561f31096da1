import type pg from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const DELETE = `
DELETE FROM audit_entry WHERE id IN (
  SELECT id FROM audit_entry WHERE id < posthorn_uuid_floor($1::timestamptz) LIMIT ${CHUNK}
)`;

/** Deletes audit entries created before `cutoff`. Returns how many. */
export async function deleteExpiredAuditEntries(pool: pg.Pool, cutoff: Date): Promise<number> {
  return deleteInChunks(pool, DELETE, [cutoff]);
}
