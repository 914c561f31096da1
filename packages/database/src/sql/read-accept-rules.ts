import type pg from 'pg';

export interface AcceptRules {
  /** Which of the tenants asked for exist. */
  tenants: Set<string>;
  /** The JSON Schemas of those event types that have one. */
  schemas: Map<string, object>;
}

const SQL = `
SELECT id::text AS key, NULL::jsonb AS schema FROM tenant WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT name, schema FROM event_type WHERE name = ANY ($2::text[]) AND schema IS NOT NULL`;

/** What decides whether a batch of events may be taken. */
export async function readAcceptRules(
  pool: pg.Pool,
  wanted: { tenantIds: Iterable<string>; types: Iterable<string> },
): Promise<AcceptRules> {
  const { rows } = await pool.query<{ key: string; schema: object | null }>(SQL, [
    [...wanted.tenantIds],
    [...wanted.types],
  ]);
  const rules: AcceptRules = { tenants: new Set(), schemas: new Map() };
  for (const { key, schema } of rows) {
    if (schema === null) rules.tenants.add(key);
    else rules.schemas.set(key, schema);
  }
  return rules;
}
