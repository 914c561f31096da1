import type { EventQuotas, TenantQuotas } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';

export type OwnEventQuotas = Pick<TenantQuotas, keyof EventQuotas>;

const NONE: OwnEventQuotas = { eventsPerSecond: null, eventBytes: null };

const READ = `
SELECT t.quota_events_per_second AS "eventsPerSecond", t.quota_event_bytes AS "eventBytes"
FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, position) LEFT JOIN tenant t ON t.id = i.id
ORDER BY i.position`;

/** Returns the quotas set for the events of tenants, in the same order. A tenant that does not exist has none. */
export async function readEventQuotas(
  pool: pg.Pool,
  tenantIds: readonly string[],
): Promise<OwnEventQuotas[]> {
  const { rows } = await pool.query<OwnEventQuotas>(
    preparedStatement(pool, 'read-event-quotas', READ, [tenantIds]),
  );
  return tenantIds.map((_id, index) => rows[index] ?? NONE);
}
