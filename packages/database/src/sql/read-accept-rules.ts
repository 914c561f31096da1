import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { filterRevision } from './fragments/filter-revision.js';

export interface AcceptRules {
  /** The requested tenants that exist. */
  tenants: Set<string>;
  /** JSON Schemas by event type, as JSON text. Types without a schema are absent. */
  schemas: Map<string, string>;
  /** The matching subscriptions of webhooks with a filter. */
  filtered: FilteredSubscription[];
}

/** A subscription of a webhook with a filter. */
export interface FilteredSubscription {
  webhookId: string;
  tenantId: string;
  pattern: string;
  /** JSON text. */
  filter: string;
  /** Changes whenever the filter changes. */
  revision: string;
}

const READ = `
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
 * Returns the rules for a batch of events: which tenants exist, the schemas of the event types, and the filters of webhooks.
 * Includes webhooks that are not active, because they may become active before the events are inserted.
 */
export async function readAcceptRules(
  pool: pg.Pool,
  request: { tenantIds: Iterable<string>; types: Iterable<string>; patterns: Iterable<string> },
): Promise<AcceptRules> {
  const { rows } = await pool.query<Row>(
    preparedStatement(pool, 'read-accept-rules', READ, [
      [...request.tenantIds],
      [...request.types],
      [...request.patterns],
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
