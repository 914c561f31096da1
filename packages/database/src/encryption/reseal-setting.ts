import { reseal, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { type SealedSetting, settingSealingContext } from '../settings/settings.js';
import { type ResealedBatch, resealRows } from './resealed.js';
import { keyIdOf } from './sealed-values.js';

const READ = `SELECT value FROM setting WHERE key = $1 AND ${keyIdOf('value')} <> $2`;
const REPLACE = 'UPDATE setting SET value = $2 WHERE key = $1 AND value = $3';

/** Returns the function that seals a setting with the first key of the sealer. */
export const resealSetting = (key: SealedSetting) =>
  async function* resealOne(pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> {
    const { rows } = await pool.query<{ value: string }>(READ, [key, sealer.keyId]);
    const { readable, unreadable } = resealRows(rows, {
      reseal: ({ value }) => ({ value, sealed: reseal(value, settingSealingContext(key), sealer) }),
      nameOf: () => `the setting ${key}`,
    });
    for (const { value, sealed } of readable) await pool.query(REPLACE, [key, sealed, value]);
    yield { resealed: readable.length, unreadable };
  };
