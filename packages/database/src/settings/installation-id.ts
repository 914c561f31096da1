import { randomUUID } from 'node:crypto';
import type pg from 'pg';

const SETTING = 'installation_id';

/** Returns the random id of the installation that this database belongs to. The first process creates it. */
export async function ensureInstallationId(pool: pg.Pool): Promise<string> {
  await pool.query('INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    SETTING,
    randomUUID(),
  ]);
  const id = await readInstallationId(pool);
  if (id === null) throw new Error('the installation id was deleted');
  return id;
}

/** Returns the id of the installation, or null if no process has created it yet. */
export async function readInstallationId(pool: pg.Pool): Promise<string | null> {
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM setting WHERE key = $1', [SETTING]);
  return rows[0]?.value ?? null;
}
