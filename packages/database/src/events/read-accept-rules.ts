import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { filterRevision } from './filter-revision.js';
import { hasRules } from './has-rules.js';

export interface AcceptRules {
  /** The requested tenants that exist. */
  tenants: Set<string>;
  /** JSON Schemas by event type, as JSON text. Types without a schema are absent. */
  schemas: Map<string, string>;
  /** Search keys by event type. Types without keys are absent. */
  searchKeys: Map<string, string[]>;
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
SELECT 'tenant' AS kind, id::text AS key, NULL::text AS rule, NULL::text[] AS search_keys, NULL::uuid AS tenant_id,
  NULL::text AS pattern, NULL::text AS revision
FROM tenant WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT 'event_type', name, schema::text, search_keys, NULL, NULL, NULL
FROM event_type t WHERE name = ANY ($2::text[]) AND ${hasRules('t')}
UNION ALL
SELECT 'filter', w.id::text, w.filter::text, NULL, w.tenant_id, s.pattern, ${filterRevision('w')}
FROM webhook w
JOIN webhook_subscription s ON s.tenant_id = w.tenant_id AND s.webhook_id = w.id
WHERE w.tenant_id = ANY ($1::uuid[]) AND w.filter IS NOT NULL AND w.status <> 'deleted' AND s.pattern = ANY ($3::text[])`;

/** The columns of all kinds of rules: the columns of other kinds are null. */
type Row =
  | { kind: 'tenant'; key: string }
  | { kind: 'event_type'; key: string; rule: string | null; search_keys: string[] }
  | { kind: 'filter'; key: string; rule: string; tenant_id: string; pattern: string; revision: string };

/**
 * Returns the rules for a batch of events: which tenants exist, the schemas and search keys of the event types, and the filters of
 * webhooks. Includes webhooks that are not active, because they may become active before the events are inserted.
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
  const rules: AcceptRules = {
    tenants: new Set(),
    schemas: new Map(),
    searchKeys: new Map(),
    filtered: [],
  };
  for (const row of rows) addRule(rules, row);
  return rules;
}

function addRule({ tenants, schemas, searchKeys, filtered }: AcceptRules, row: Row): void {
  switch (row.kind) {
    case 'tenant':
      tenants.add(row.key);
      break;
    case 'event_type':
      if (row.rule !== null) schemas.set(row.key, row.rule);
      if (row.search_keys.length > 0) searchKeys.set(row.key, row.search_keys);
      break;
    case 'filter': {
      const { key: webhookId, rule: filter, tenant_id: tenantId, pattern, revision } = row;
      filtered.push({ webhookId, tenantId, pattern, filter, revision });
    }
  }
}
