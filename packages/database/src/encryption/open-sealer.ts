import { createSealer, type HashingSealer, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { ensureHashKey } from '../settings/settings.js';
import { type KeyPurpose, registerKey } from './encryption-keys.js';

export type EncryptionKeys = readonly [Buffer, ...Buffer[]];

/**
 * Returns the sealer of a process.
 * @throws Error with a one-line message if a key is missing that values are sealed with
 */
export async function openSealer(pool: pg.Pool, purpose: KeyPurpose, keys: EncryptionKeys): Promise<Sealer> {
  const sealer = createSealer(...keys);
  await registerKey(pool, purpose, sealer);
  return sealer;
}

/** As `openSealer`, for a process that also needs the key for keyed hashes. */
export async function openHashingSealer(pool: pg.Pool, keys: EncryptionKeys): Promise<HashingSealer> {
  const sealer = await openSealer(pool, 'encryption', keys);
  return { ...sealer, hashKey: await ensureHashKey(pool, sealer) };
}
