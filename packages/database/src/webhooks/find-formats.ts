import type { DeliveryFormat } from '@posthorn/core';
import type pg from 'pg';

/** Returns those formats that exist, by id. */
export async function findFormats(
  pool: pg.Pool,
  ids: readonly string[],
): Promise<Map<string, DeliveryFormat>> {
  const { rows } = await pool.query<{ id: string; spec: DeliveryFormat }>(
    'SELECT id, spec FROM delivery_format WHERE id = ANY ($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, spec }) => [id, spec]));
}
