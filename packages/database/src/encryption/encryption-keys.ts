import type { Sealer } from '@posthorn/core';
import type pg from 'pg';
import { type Connection, inTransaction } from '../connection/transaction.js';

/** `encryption`: secrets and headers of webhooks, stored responses. `payload`: what producers open, too. */
export type KeyPurpose = 'encryption' | 'payload';

/** The setting that has the keys of a purpose. */
export const KEY_SETTINGS: Record<KeyPurpose, string> = {
  encryption: 'POSTHORN_ENCRYPTION_KEY',
  payload: 'POSTHORN_PAYLOAD_KEY',
};

/** A key that has sealed values of this database. */
export interface RegisteredKey {
  purpose: KeyPurpose;
  id: string;
  checkSealed: string;
  /** When a process last ran that seals with it. */
  usedAt: Date;
  /** Whether such a process runs, as far as is known. */
  isInUse: boolean;
}

/** How often a process reports that it runs, in milliseconds. */
export const KEY_REPORT_INTERVAL_MS = 15_000;

/**
 * Condition: a process that seals with the key ran within the last minute. A time that is not just rounded up but later is from before the
 * clock of PostgreSQL was set back.
 */
export const IS_IN_USE = `k.used_at BETWEEN now() - interval '60 seconds' AND clock_timestamp() + interval '1 second'`;

const LOCK = `SELECT pg_advisory_xact_lock(hashtext('posthorn encryption keys'))`;

const LIST = `
SELECT purpose, id, check_sealed AS "checkSealed", used_at AS "usedAt", ${IS_IN_USE} AS "isInUse"
FROM encryption_key k ORDER BY purpose, id`;

const REGISTER = `
INSERT INTO encryption_key AS k (purpose, id, check_sealed) VALUES ($1, $2, $3)
ON CONFLICT (purpose, id) DO UPDATE SET used_at = now()
WHERE k.used_at NOT BETWEEN now() - interval '10 seconds' AND now()`;

/**
 * Checks that the configured keys open everything that is sealed for a purpose, and records that a process seals with the first one from
 * now on. A process calls it before it seals anything, and then regularly. The lock lets only one of several first keys win.
 * @throws Error with a one-line message that has the id of the key that is missing
 */
export async function registerKey(pool: pg.Pool, purpose: KeyPurpose, sealer: Sealer): Promise<void> {
  await inTransaction(pool, async (transaction) => {
    await transaction.query(LOCK);
    assertNoneMissing(purpose, sealer, await listRegisteredKeys(transaction));
    const check = sealer.seal(CHECK, checkContext(purpose));
    await transaction.query(REGISTER, [purpose, sealer.keyId, check]);
  });
}

/** As `registerKey`, but records nothing. */
export async function assertKeys(pool: pg.Pool, purpose: KeyPurpose, sealer: Sealer): Promise<void> {
  assertNoneMissing(purpose, sealer, await listRegisteredKeys(pool));
}

/** Returns the keys that have sealed values, until a rotation has found that none is left. */
export async function listRegisteredKeys(database: Connection): Promise<RegisteredKey[]> {
  const { rows } = await database.query<RegisteredKey>(LIST);
  return rows;
}

function assertNoneMissing(purpose: KeyPurpose, sealer: Sealer, keys: readonly RegisteredKey[]): void {
  const missing = keys.filter((key) => key.purpose === purpose && !opensKey(sealer, key)).map(({ id }) => id);
  throwIfMissing(purpose, sealer, missing);
}

/** @throws Error with a one-line message that has the ids of missing keys, if there are any */
export function throwIfMissing(purpose: KeyPurpose, sealer: Sealer, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new Error(
    `${KEY_SETTINGS[purpose]} lacks the key ${missing.join(' and the key ')}, with which values in this database are sealed; ` +
      `it has ${sealer.keyIds.join(', ')}`,
  );
}

/** Returns whether a sealer has a key that values are sealed with. */
export function opensKey(sealer: Sealer, { purpose, checkSealed }: RegisteredKey): boolean {
  try {
    return sealer.open(checkSealed, checkContext(purpose)) === CHECK;
  } catch {
    return false;
  }
}

const CHECK = 'posthorn';

const checkContext = (purpose: KeyPurpose): string => `encryption_key:${purpose}`;
