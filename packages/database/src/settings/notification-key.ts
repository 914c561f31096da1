import { randomBytes } from 'node:crypto';
import type pg from 'pg';

const SETTING = 'notification_key';
const KEY_BYTES = 32;

/**
 * Returns the key that signs the links in emails. The first process creates it. It is not derived from the encryption key, which
 * producers do not have: all that the links allow is to confirm or unsubscribe an address.
 */
export async function ensureNotificationKey(pool: pg.Pool): Promise<Buffer> {
  await pool.query('INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    SETTING,
    randomBytes(KEY_BYTES).toString('base64'),
  ]);
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM setting WHERE key = $1', [SETTING]);
  if (!rows[0]) throw new Error('the notification key was deleted');
  return Buffer.from(rows[0].value, 'base64');
}
