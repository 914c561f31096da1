import type { Sealer } from '@posthorn/core';
import type pg from 'pg';

const SETTING = 'encryption_check';
const CONTEXT = 'setting:encryption_check';

/**
 * Makes sure that the configured key is the one that this database was set up with, before anything is sealed with
 * another. The first process writes the check value.
 * @throws Error with one clear line
 */
export async function assertEncryptionKey(pool: pg.Pool, sealer: Sealer): Promise<void> {
  await pool.query('INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    SETTING,
    sealer.seal('posthorn', CONTEXT),
  ]);
  if (!(await matchesEncryptionKey(pool, sealer)))
    throw new Error('POSTHORN_ENCRYPTION_KEY is not the key that this database was set up with');
}

/** Whether a key is the one that this database was set up with; null when no process has set it up. */
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
