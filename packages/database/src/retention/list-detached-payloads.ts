import type pg from 'pg';

const DETACHED = `
SELECT relname::text AS name FROM pg_class
WHERE relname ~ '^event_payload(_value)?_\\d{8}$' AND relkind = 'r' AND NOT relispartition
  AND obj_description(oid, 'pg_class') = 'expired'
  AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'event_payload'::regclass)
ORDER BY 1`;

/** Names of tables of days that have expired, which were detached and not dropped: by the current run, or by one that was interrupted. */
interface DetachedPayloads {
  payloads: string[];
  /** Their search values. */
  values: string[];
}

const isOfValues = (name: string): boolean => name.startsWith('event_payload_value');

export async function listDetachedPayloads(pool: pg.Pool): Promise<DetachedPayloads> {
  const { rows } = await pool.query<{ name: string }>(DETACHED);
  const names = rows.map(({ name }) => name);
  return { payloads: names.filter((name) => !isOfValues(name)), values: names.filter(isOfValues) };
}
