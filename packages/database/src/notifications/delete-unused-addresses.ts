import type pg from 'pg';
import { CHUNK, deleteInChunks } from '../retention/delete-in-chunks.js';
import type { DeletedRows } from '../retention/delete-from.js';

/** The condition is checked again after a wait for the lock of a row that changes. */
const deleteAddresses = (table: string, isUnused: string): string => `
DELETE FROM ${table} WHERE ${isUnused} AND (tenant_id, address) IN (
  SELECT tenant_id, address FROM ${table} WHERE ${isUnused} LIMIT ${CHUNK}
)`;

/** A removed recipient counts among the additions of a day. */
const REMOVED = deleteAddresses('notification_recipient', `removed_at < $1::timestamptz - interval '1 day'`);

/** It has no notices. The page of the operator shows when the last message was sent. */
const SILENT = deleteAddresses(
  'mailbox',
  `next_at IS NULL AND quiet_until < $1::timestamptz - interval '30 days'`,
);

/** No request of the last 30 days is left to be counted. */
const OLD_LIMIT = `requested_at[cardinality(requested_at)] < $1::timestamptz - interval '30 days'`;

const UNLIMITED = `
DELETE FROM confirmation_limit WHERE ${OLD_LIMIT} AND address_hash IN (
  SELECT address_hash FROM confirmation_limit WHERE ${OLD_LIMIT} LIMIT ${CHUNK}
)`;

/**
 * Deletes recipients that were removed a day ago, mailboxes that got no message for 30 days, and addresses that were not asked for a
 * confirmation for 30 days. Returns how many.
 */
export async function deleteUnusedAddresses(pool: pg.Pool, now: Date): Promise<DeletedRows> {
  return {
    notification_recipient: await deleteInChunks(pool, REMOVED, [now]),
    mailbox: await deleteInChunks(pool, SILENT, [now]),
    confirmation_limit: await deleteInChunks(pool, UNLIMITED, [now]),
  };
}
