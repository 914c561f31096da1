import { encodeId, reseal, type SealedSecret, type Sealer, webhookSealingContext } from '@posthorn/core';
import type pg from 'pg';
import { BATCH_SIZE, type ResealedBatch, resealRows } from './resealed.js';
import { keyIdOf } from './sealed-values.js';

interface Row {
  id: string;
  secrets: SealedSecret[];
  headers: string | null;
  auth: string | null;
}

const READ = `
SELECT id, secrets, headers_sealed AS headers, auth_sealed AS auth FROM webhook
WHERE id > $2 AND (
  ${keyIdOf('headers_sealed')} <> $1
  OR ${keyIdOf('auth_sealed')} <> $1
  OR EXISTS (SELECT FROM jsonb_array_elements(secrets) s WHERE ${keyIdOf(`s ->> 'sealed'`)} <> $1)
)
ORDER BY id LIMIT ${BATCH_SIZE}`;

// Compares with what was read: a webhook that was changed meanwhile, or is locked, is left to the next pass. No lock is waited for while
// others are held. Neither updated_at nor what the entity tag covers changes.
const REPLACE = `
WITH resealed AS (
  SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[])
    AS r (id, secrets, headers, auth, read_secrets, read_headers, read_auth)
), locked AS (
  SELECT w.id, r.secrets, r.headers, r.auth FROM webhook w JOIN resealed r USING (id)
  WHERE w.secrets = r.read_secrets AND w.headers_sealed IS NOT DISTINCT FROM r.read_headers
    AND w.auth_sealed IS NOT DISTINCT FROM r.read_auth
  FOR NO KEY UPDATE OF w SKIP LOCKED
)
UPDATE webhook w SET secrets = l.secrets, headers_sealed = l.headers, auth_sealed = l.auth FROM locked l WHERE w.id = l.id
RETURNING w.id`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Seals the secrets, custom headers and authentication of all webhooks with the first key of the sealer. */
export async function* resealWebhooks(pool: pg.Pool, sealer: Sealer): AsyncGenerator<ResealedBatch> {
  let after: string | undefined = FIRST_ID;
  while (after !== undefined) {
    const { rows }: pg.QueryResult<Row> = await pool.query(READ, [sealer.keyId, after]);
    after = rows.at(-1)?.id;
    if (rows.length > 0) yield await resealBatch(pool, sealer, rows);
  }
}

async function resealBatch(pool: pg.Pool, sealer: Sealer, rows: readonly Row[]): Promise<ResealedBatch> {
  const { readable, unreadable } = resealRows(rows, {
    reseal: (row) => ({ read: row, ...resealWebhook(row, sealer) }),
    nameOf: ({ id }) => `the webhook ${encodeId('webhook', id)}`,
  });
  const replaced = await pool.query<{ id: string }>(REPLACE, [
    readable.map(({ read }) => read.id),
    readable.map(({ secrets }) => JSON.stringify(secrets)),
    readable.map(({ headers }) => headers),
    readable.map(({ auth }) => auth),
    readable.map(({ read }) => JSON.stringify(read.secrets)),
    readable.map(({ read }) => read.headers),
    readable.map(({ read }) => read.auth),
  ]);
  const ids = new Set(replaced.rows.map(({ id }) => id));
  const values = readable.filter(({ read }) => ids.has(read.id)).map(({ changed }) => changed);
  return { resealed: values.reduce((sum, count) => sum + count, 0), unreadable };
}

function resealWebhook({ id, secrets: read, headers: readHeaders, auth: readAuth }: Row, sealer: Sealer) {
  const context = webhookSealingContext(id);
  const secrets = read.map((secret) => ({ ...secret, sealed: reseal(secret.sealed, context, sealer) }));
  const headers = readHeaders && reseal(readHeaders, context, sealer);
  const auth = readAuth && reseal(readAuth, context, sealer);
  const isChanged = [
    ...secrets.map(({ sealed }, index) => sealed !== read[index]?.sealed),
    headers !== readHeaders,
    auth !== readAuth,
  ];
  return { secrets, headers, auth, changed: isChanged.filter(Boolean).length };
}
