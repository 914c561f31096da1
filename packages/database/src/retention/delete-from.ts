import { CHUNK } from './delete-in-chunks.js';

/** Numbers of deleted rows by table. */
export type DeletedRows = Record<string, number>;

/** The smallest id of the first day that is kept, which is parameter $1. */
export const MIN_ID = `posthorn_uuid_floor($1::date::timestamp AT TIME ZONE 'UTC')`;

/** Returns a DELETE for a chunk of rows. Checks the condition again for each row: a delivery may have become pending meanwhile. */
export const deleteFrom = (table: string, condition: string, id = 'id'): string => `
DELETE FROM ${table}
WHERE ${id} = ANY (ARRAY(SELECT ${id} FROM ${table} WHERE ${condition} LIMIT ${CHUNK})) AND ${condition}`;
