import { newId } from '@posthorn/core';
import type pg from 'pg';

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
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])`;

/** Stores rejected events with the reason. */
export async function rejectEvents(pool: pg.Pool, rejections: readonly Rejection[]): Promise<void> {
  await pool.query(INSERT, [
    rejections.map(() => newId()),
    rejections.map((rejection) => rejection.tenantId),
    rejections.map((rejection) => rejection.source),
    rejections.map((rejection) => rejection.code),
    rejections.map((rejection) => rejection.message),
    rejections.map((rejection) => rejection.payload),
  ]);
}
