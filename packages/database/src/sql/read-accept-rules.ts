import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { filterRevision } from './filter-revision.js';

export interface AcceptRules {
  /** Which of the tenants asked for exist. */
  tenants: Set<string>;
  /** The JSON Schemas, as text, of those event types that have one. */
  schemas: Map<string, string>;
  /** The subscriptions of webhooks that have a filter. */
  filtered: FilteredSubscription[];
}

/** One pattern of a webhook that gets only events that fit its filter. */
export interface FilteredSubscription {
  webhookId: string;
  tenantId: string;
  pattern: string;
  /** As JSON text. */
  filter: string;
  /** Another one whenever the filter is. */
  revision: string;
}

const SQL = `
SELECT id::text AS key, NULL::text AS rule, NULL::uuid AS tenant_id, NULL::text AS pattern, NULL::text AS revision
FROM tenant WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT name, schema::text, NULL, NULL, NULL FROM event_type WHERE name = ANY ($2::text[]) AND schema IS NOT NULL
UNION ALL
SELECT w.id::text, w.filter::text, w.tenant_id, s.pattern, ${filterRevision('w')}
FROM webhook w
JOIN webhook_subscription s ON s.tenant_id = w.tenant_id AND s.webhook_id = w.id
WHERE w.tenant_id = ANY ($1::uuid[]) AND w.filter IS NOT NULL AND w.status <> 'deleted' AND s.pattern = ANY ($3::text[])`;

interface Row {
  key: string;
  rule: string | null;
  tenant_id: string | null;
  pattern: string | null;
  revision: string | null;
}

/**
 * What decides whether a batch of events may be taken, and, as far as it lies in their data, who gets them. Webhooks that
 * are not active are among them: one may become so before the events are stored.
 */
export async function readAcceptRules(
  pool: pg.Pool,
  wanted: { tenantIds: Iterable<string>; types: Iterable<string>; patterns: Iterable<string> },
): Promise<AcceptRules> {
  const { rows } = await pool.query<Row>(
    preparedStatement(pool, 'read-accept-rules', SQL, [
      [...wanted.tenantIds],
      [...wanted.types],
      [...wanted.patterns],
    ]),
  );
  const rules: AcceptRules = { tenants: new Set(), schemas: new Map(), filtered: [] };
  for (const { key, rule, tenant_id: tenantId, pattern, revision } of rows) {
    if (rule === null) rules.tenants.add(key);
    else if (tenantId === null || pattern === null || revision === null) rules.schemas.set(key, rule);
    else rules.filtered.push({ webhookId: key, tenantId, pattern, filter: rule, revision });
  }
  return rules;
}
