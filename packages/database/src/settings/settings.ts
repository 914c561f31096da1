import { randomBytes, randomUUID } from 'node:crypto';
import type { Sealer } from '@posthorn/core';
import type pg from 'pg';

type Setting = 'encryption_check' | 'installation_id' | 'notification_key';

const SEAL_CONTEXT = 'setting:encryption_check';

/**
 * Checks that the configured encryption key is the one this database was set up with, before anything is sealed with a
 * different key. The first process stores the check value.
 * @throws Error with a one-line message if the key differs
 */
export async function assertEncryptionKey(pool: pg.Pool, sealer: Sealer): Promise<void> {
  const sealed = await ensureSetting(pool, 'encryption_check', sealer.seal('posthorn', SEAL_CONTEXT));
  if (!canOpen(sealer, sealed))
    throw new Error('POSTHORN_ENCRYPTION_KEY is not the key that this database was set up with');
}

/** Returns whether the key is the one of this database, or null if no process has set up the database yet. */
export async function matchesEncryptionKey(pool: pg.Pool, sealer: Sealer): Promise<boolean | null> {
  const sealed = await readSetting(pool, 'encryption_check');
  return sealed === null ? null : canOpen(sealer, sealed);
}

function canOpen(sealer: Sealer, sealed: string): boolean {
  try {
    sealer.open(sealed, SEAL_CONTEXT);
    return true;
  } catch {
    return false;
  }
}

/** Returns the random id of the installation that this database belongs to. The first process creates it. */
export function ensureInstallationId(pool: pg.Pool): Promise<string> {
  return ensureSetting(pool, 'installation_id', randomUUID());
}

/** Returns the id of the installation, or null if no process has created it yet. */
export function readInstallationId(pool: pg.Pool): Promise<string | null> {
  return readSetting(pool, 'installation_id');
}

/**
 * Returns the key that signs the links in emails. The first process creates it. It is not derived from the encryption key, which
 * producers do not have: all that the links allow is to confirm or unsubscribe an address.
 */
export async function ensureNotificationKey(pool: pg.Pool): Promise<Buffer> {
  return Buffer.from(
    await ensureSetting(pool, 'notification_key', randomBytes(32).toString('base64')),
    'base64',
  );
}

/** Returns the stored value, which is the one of the first process. */
async function ensureSetting(pool: pg.Pool, key: Setting, value: string): Promise<string> {
  await pool.query('INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    key,
    value,
  ]);
  const stored = await readSetting(pool, key);
  if (stored === null) throw new Error(`the setting ${key} was deleted`);
  return stored;
}

async function readSetting(pool: pg.Pool, key: Setting): Promise<string | null> {
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM setting WHERE key = $1', [key]);
  return rows[0]?.value ?? null;
}
