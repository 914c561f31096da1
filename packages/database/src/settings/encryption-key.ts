import type { Sealer } from '@posthorn/core';
import type pg from 'pg';

const SETTING = 'encryption_check';
const CONTEXT = 'setting:encryption_check';

/**
 * Checks that the configured encryption key is the one this database was set up with, before anything is sealed with a
 * different key. The first process stores the check value.
 * @throws Error with a one-line message if the key differs
 */
export async function assertEncryptionKey(pool: pg.Pool, sealer: Sealer): Promise<void> {
  await pool.query('INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    SETTING,
    sealer.seal('posthorn', CONTEXT),
  ]);
  if (!(await matchesEncryptionKey(pool, sealer)))
    throw new Error('POSTHORN_ENCRYPTION_KEY is not the key that this database was set up with');
}

/** Returns whether the key is the one of this database, or null if no process has set up the database yet. */
export async function matchesEncryptionKey(pool: pg.Pool, sealer: Sealer): Promise<boolean | null> {
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM setting WHERE key = $1', [SETTING]);
  if (!rows[0]) return null;
  try {
    sealer.open(rows[0].value, CONTEXT);
    return true;
  } catch {
    return false;
  }
}
