import type { Sealer } from '@posthorn/core';
import type pg from 'pg';
import type { ResealedBatch } from './resealed.js';
import { keyIdOf } from './sealed-values.js';

/** Deletes the access tokens that other keys have sealed: webhooks fetch new ones, also because their authentication is sealed again. */
export async function* deleteTokens(pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> {
  const { rowCount } = await pool.query(`DELETE FROM webhook_token WHERE ${keyIdOf('token_sealed')} <> $1`, [
    sealer.keyId,
  ]);
  yield { resealed: rowCount ?? 0, unreadable: [] };
}
