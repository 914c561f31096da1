import type { Sealer } from '@posthorn/core';
import type pg from 'pg';
import { type KeyPurpose, throwIfMissing } from './encryption-keys.js';

/** The id of the key in the SQL expression of a sealed text. */
export const keyIdOf = (sealed: string): string => `substr(${sealed}, 4, 8)`;

/** What is stored sealed: signing secrets and keys, custom headers, authentication at receivers and its access tokens, private keys of certificates, proxies, refresh tokens of sessions, responses for idempotency keys, receipts of erasures, keys in settings, data keys of tenants. */
export type SealedKind =
  | 'secrets'
  | 'headers'
  | 'auth'
  | 'tokens'
  | 'proxies'
  | 'certificates'
  | 'sessions'
  | 'responses'
  | 'receipts'
  | 'settings'
  | 'data keys';

export interface SealedCount {
  purpose: KeyPurpose;
  keyId: string;
  kind: SealedKind;
  count: number;
}

/** The values of a column with sealed texts. */
const inColumn = (kind: SealedKind, table: string, column: string): string => `UNION ALL
SELECT 'encryption', '${kind}', ${keyIdOf(column)} FROM ${table} WHERE ${column} IS NOT NULL`;

/** Every sealed value. `rotateKeys` seals all of them again. */
export const SEALED_VALUES = `
SELECT 'encryption' AS purpose, 'secrets' AS kind, ${keyIdOf(`s ->> 'sealed'`)} AS key_id
FROM webhook, jsonb_array_elements(secrets) s
${inColumn('headers', 'webhook', 'headers_sealed')}
${inColumn('auth', 'webhook', 'auth_sealed')}
${inColumn('tokens', 'webhook_token', 'token_sealed')}
${inColumn('certificates', 'tls_certificate', 'key_sealed')}
${inColumn('proxies', 'webhook', 'proxy_sealed')}
${inColumn('proxies', 'tenant', 'proxy_sealed')}
${inColumn('sessions', 'person_session', 'refresh_token_sealed')}
${inColumn('responses', 'request_idempotency', 'response_sealed')}
${inColumn('receipts', 'erasure', 'receipt_sealed')}
UNION ALL
SELECT CASE key WHEN 'hash_key' THEN 'encryption' ELSE 'payload' END, 'settings', ${keyIdOf('value')}
FROM setting WHERE key IN ('hash_key', 'notification_key')
UNION ALL
SELECT 'payload', 'data keys', ${keyIdOf('sealed_key')} FROM payload_key`;

const COUNT = `
SELECT purpose, key_id AS "keyId", kind, count(*)::int AS count FROM (${SEALED_VALUES}) v
GROUP BY purpose, key_id, kind ORDER BY purpose, key_id, kind`;

/** Counts what each key has sealed. Reads all webhooks and the stored responses of a day. */
export async function countSealed(pool: pg.Pool): Promise<SealedCount[]> {
  const { rows } = await pool.query<SealedCount>(COUNT);
  return rows;
}

const KEYS = `SELECT DISTINCT key_id AS "keyId" FROM (${SEALED_VALUES}) v WHERE purpose = $1 AND key_id ~ '^[0-9a-f]{8}$'`;

/**
 * Checks the keys of the sealed values themselves: a restored database can have some whose keys are not registered. A damaged value does
 * not count.
 * @throws Error with a one-line message that has the id of the key that is missing
 */
export async function assertKeysOfValues(pool: pg.Pool, purpose: KeyPurpose, sealer: Sealer): Promise<void> {
  const { rows } = await pool.query<{ keyId: string }>(KEYS, [purpose]);
  const missing = rows.map(({ keyId }) => keyId).filter((id) => !sealer.keyIds.includes(id));
  throwIfMissing(purpose, sealer, missing);
}
