import { newId, SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import { type DataKey, dataKeysExist } from '../encryption/data-keys.js';
import { NO_PAYLOAD_KEYS } from '../encryption/payload-keys.js';
import { storedPayload } from './rejected-payload.js';

export interface Rejection {
  /** The tenant that the push names, which need not exist. Null if it names none by its id, or it is not known which one it names. */
  tenantId: string | null;
  /** The external id by which the push names its tenant instead. */
  externalId?: string | null;
  source: 'queue' | 'stream' | 'outbox';
  code: string;
  message: string;
  /** The event type, if it is valid. */
  type: string | null;
  /** The pushed message, as JSON text. */
  payload: string;
}

/** Added to the reason of a push whose payload is not stored. */
const NOT_STORED = ' Its data is not stored, because its tenant is unknown.';

const FIND_OWNERS = `
SELECT id, external_id AS "externalId" FROM tenant
WHERE (id = ANY ($1::uuid[]) OR external_id = ANY ($2::text[])) AND id <> '${SYSTEM_TENANT_ID}'`;

/** A tenant is purged before this statement, and is not found, or after it, with what it has stored. */
const INSERT = `
WITH owner AS MATERIALIZED (
  SELECT id FROM tenant WHERE id = ANY ($2::uuid[]) ORDER BY id FOR KEY SHARE
)
INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
SELECT r.id, r.tenant_id, r.source, r.code, r.message, r.payload
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) AS r (id, tenant_id, source, code, message, payload)
WHERE ${dataKeysExist('$7')} AND NOT EXISTS (SELECT FROM unnest($2::uuid[]) AS t (id) WHERE t.id IS NOT NULL AND t.id NOT IN (SELECT id FROM owner))`;

/**
 * Stores rejected events with the reason. The payload is stored only for a tenant that exists: no erasure and no purge would find that of
 * another one.
 */
export async function rejectEvents(
  pool: pg.Pool,
  rejections: readonly Rejection[],
  payloadKeys = NO_PAYLOAD_KEYS,
): Promise<void> {
  for (;;) {
    const rows = await ownedRows(pool, rejections);
    const owners = rows.flatMap(({ tenantId }) => tenantId ?? []);
    const keys = payloadKeys.encrypts ? await payloadKeys.forPayloads(owners) : new Map<string, DataKey>();
    if (await insert(pool, rows, keys)) return;
    payloadKeys.forget(owners);
  }
}

type OwnedRow = Omit<Rejection, 'externalId' | 'type'> & { id: string };

/** Returns the rows to store. */
async function ownedRows(pool: pg.Pool, rejections: readonly Rejection[]): Promise<OwnedRow[]> {
  const { rows } = await pool.query<{ id: string; externalId: string | null }>(FIND_OWNERS, [
    rejections.flatMap(({ tenantId }) => tenantId ?? []),
    rejections.flatMap(({ externalId }) => externalId ?? []),
  ]);
  const ids = new Set(rows.map(({ id }) => id));
  const idOf = new Map(rows.map((owner) => [owner.externalId, owner.id]));
  return rejections.map(({ tenantId, externalId, type, ...rejection }) => {
    const owner = tenantId !== null && ids.has(tenantId) ? tenantId : null;
    return toRow(
      { ...rejection, tenantId: externalId == null ? owner : (idOf.get(externalId) ?? null) },
      type,
    );
  });
}

const toRow = (rejection: Omit<OwnedRow, 'id'>, type: string | null): OwnedRow =>
  rejection.tenantId === null
    ? {
        ...rejection,
        id: newId(),
        message: rejection.message + NOT_STORED,
        payload: JSON.stringify({ type, payload: null }),
      }
    : { ...rejection, id: newId() };

/** Returns false, and stores nothing, if a data key or a tenant no longer exists. */
async function insert(
  pool: pg.Pool,
  rows: readonly OwnedRow[],
  keys: ReadonlyMap<string, DataKey>,
): Promise<boolean> {
  const { rowCount } = await pool.query(INSERT, [
    rows.map(({ id }) => id),
    rows.map(({ tenantId }) => tenantId),
    rows.map(({ source }) => source),
    rows.map(({ code }) => code),
    rows.map(({ message }) => message),
    rows.map((row) => storedPayload(row, keys.get(row.tenantId ?? ''))),
    [...keys.values()].map(({ id }) => id),
  ]);
  return rowCount === rows.length;
}
