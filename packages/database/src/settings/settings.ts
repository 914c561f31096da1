import { randomBytes, randomUUID } from 'node:crypto';
import type { Sealer } from '@posthorn/core';
import type pg from 'pg';

type Setting = 'installation_id' | SealedSetting;

/** Settings that are random keys, stored sealed. */
export type SealedSetting = 'hash_key' | 'notification_key';

/** Returns the random id of the installation that this database belongs to. The first process creates it. */
export function ensureInstallationId(pool: pg.Pool): Promise<string> {
  return ensureSetting(pool, 'installation_id', randomUUID());
}

/** Returns the id of the installation, or null if no process has created it yet. */
export function readInstallationId(pool: pg.Pool): Promise<string | null> {
  return readSetting(pool, 'installation_id');
}

/**
 * Returns the key for the keyed hashes of the installation: validation codes, digests of imports, header values in the audit log and in
 * entity tags. The first process creates it. It is random, so it stays when the encryption key is rotated.
 */
export function ensureHashKey(pool: pg.Pool, sealer: Sealer): Promise<Buffer> {
  return ensureSealedKey(pool, 'hash_key', sealer);
}

/**
 * Returns the key that signs the links in emails. The first process creates it. It is sealed with the payload key, since producers do
 * not have the encryption key.
 */
export function ensureNotificationKey(pool: pg.Pool, payloadSealer: Sealer): Promise<Buffer> {
  return ensureSealedKey(pool, 'notification_key', payloadSealer);
}

async function ensureSealedKey(pool: pg.Pool, key: SealedSetting, sealer: Sealer): Promise<Buffer> {
  const context = settingSealingContext(key);
  const created = sealer.seal(randomBytes(KEY_BYTES).toString('base64'), context);
  return Buffer.from(sealer.open(await ensureSetting(pool, key, created), context), 'base64');
}

const KEY_BYTES = 32;

export const settingSealingContext = (key: SealedSetting): string => `setting:${key}`;

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
