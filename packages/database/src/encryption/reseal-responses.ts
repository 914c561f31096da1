import { idempotencySealingContext, reseal, type Sealer } from '@posthorn/core';
import type pg from 'pg';
import { BATCH_SIZE, type ResealedBatch, resealRows } from './resealed.js';
import { keyIdOf } from './sealed-values.js';

interface Row {
  apiKeyId: string;
  key: string;
  sealed: string;
}

const READ = `
SELECT api_key_id AS "apiKeyId", key, response_sealed AS sealed FROM request_idempotency
WHERE (api_key_id, key) > ($2::uuid, $3) AND ${keyIdOf('response_sealed')} <> $1
ORDER BY api_key_id, key LIMIT ${BATCH_SIZE}`;

// As that of webhooks: what was replaced or deleted meanwhile stays as it is.
const REPLACE = `
WITH resealed AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS r (api_key_id, key, sealed, read_sealed)
), locked AS (
  SELECT q.api_key_id, q.key, r.sealed FROM request_idempotency q JOIN resealed r USING (api_key_id, key)
  WHERE q.response_sealed = r.read_sealed
  FOR NO KEY UPDATE OF q SKIP LOCKED
)
UPDATE request_idempotency q SET response_sealed = l.sealed FROM locked l
WHERE q.api_key_id = l.api_key_id AND q.key = l.key`;

const FIRST = { apiKeyId: '00000000-0000-0000-0000-000000000000', key: '' };

/** Seals the stored responses of requests with an Idempotency-Key with the first key of the sealer. */
export async function* resealResponses(pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> {
  let after: Pick<Row, 'apiKeyId' | 'key'> | undefined = FIRST;
  while (after !== undefined) {
    const { rows }: pg.QueryResult<Row> = await pool.query(READ, [sealer.keyId, after.apiKeyId, after.key]);
    after = rows.at(-1);
    if (rows.length > 0) yield await resealBatch(pool, sealer, rows);
  }
}

async function resealBatch(pool: pg.Pool, sealer: Sealer, rows: readonly Row[]): Promise<ResealedBatch> {
  const { readable, unreadable } = resealRows(rows, {
    reseal: (read) => ({
      read,
      sealed: reseal(read.sealed, idempotencySealingContext(read.apiKeyId, read.key), sealer),
    }),
    nameOf: ({ key }) => `the response for the Idempotency-Key ${JSON.stringify(key)}`,
  });
  const { rowCount } = await pool.query(REPLACE, [
    readable.map(({ read }) => read.apiKeyId),
    readable.map(({ read }) => read.key),
    readable.map(({ sealed }) => sealed),
    readable.map(({ read }) => read.sealed),
  ]);
  return { resealed: rowCount ?? 0, unreadable };
}
