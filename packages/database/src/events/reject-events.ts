import { newId, SYSTEM_TENANT_ID } from '@posthorn/core';
import type pg from 'pg';
import { type DataKey, dataKeysExist } from '../encryption/data-keys.js';
import { NO_PAYLOAD_KEYS } from '../encryption/payload-keys.js';
import { storedPayload } from './rejected-payload.js';

export interface Rejection {
  tenantId: string | null;
  source: 'queue' | 'stream' | 'outbox';
  code: string;
  message: string;
  /** The pushed message, as JSON text. */
  payload: string;
}

const INSERT = `
INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
WHERE ${dataKeysExist('$7')}`;

/** Stores rejected events with the reason. Those of an unknown tenant are sealed with the key of the system. */
export async function rejectEvents(
  pool: pg.Pool,
  rejections: readonly Rejection[],
  payloadKeys = NO_PAYLOAD_KEYS,
): Promise<void> {
  if (!payloadKeys.encrypts) {
    await insert(pool, rejections, new Map());
    return;
  }
  const owners = [SYSTEM_TENANT_ID, ...rejections.flatMap(({ tenantId }) => tenantId ?? [])];
  while (!(await insert(pool, rejections, await payloadKeys.forPayloads(owners)))) payloadKeys.forget(owners);
}

/** Returns false, and stores nothing, if a data key no longer exists. */
async function insert(
  pool: pg.Pool,
  rejections: readonly Rejection[],
  keys: ReadonlyMap<string, DataKey>,
): Promise<boolean> {
  const rows = rejections.map((rejection) => ({ ...rejection, id: newId() }));
  const keyOf = ({ tenantId }: Rejection): DataKey | undefined =>
    keys.get(tenantId ?? SYSTEM_TENANT_ID) ?? keys.get(SYSTEM_TENANT_ID);
  const { rowCount } = await pool.query(INSERT, [
    rows.map(({ id }) => id),
    rows.map(({ tenantId }) => tenantId),
    rows.map(({ source }) => source),
    rows.map(({ code }) => code),
    rows.map(({ message }) => message),
    rows.map((row) => storedPayload(row, keyOf(row))),
    [...keys.values()].map(({ id }) => id),
  ]);
  return rowCount === rejections.length;
}
