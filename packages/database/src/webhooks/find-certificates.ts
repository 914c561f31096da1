import type { StoredCertificates } from '@posthorn/core';
import type pg from 'pg';

/** Returns those certificates that exist, by id. */
export async function findCertificates(
  pool: pg.Pool,
  ids: readonly string[],
): Promise<Map<string, StoredCertificates>> {
  const { rows } = await pool.query<StoredCertificates>(
    'SELECT id, pem, key_sealed AS "keySealed" FROM tls_certificate WHERE id = ANY ($1::uuid[])',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
