import type { TenantStatus } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { filterRevision } from './filter-revision.js';
import { isSequenced } from '../webhooks/is-sequenced.js';
import { hasRules } from './has-rules.js';

export interface AcceptRules {
  /** The status of the requested tenants that exist. */
  tenants: Map<string, TenantStatus>;
  /** Days for which payloads are kept. */
  payloadDays: RetentionRules;
  /** Days for which deliveries and attempts are kept. */
  historyDays: RetentionRules;
  /** JSON Schemas by event type, as JSON text. Types without a schema are absent. */
  schemas: Map<string, string>;
  /** Search keys by event type. Types without keys are absent. */
  searchKeys: Map<string, string[]>;
  /** JSON Pointers to the ordering keys by event type. Types without one are absent. */
  orderingPointers: Map<string, string>;
  /** The matching subscriptions of webhooks with a filter. */
  filtered: FilteredSubscription[];
  /** The matching subscriptions of webhooks that number their deliveries. */
  sequenced: TenantPattern[];
}

/** Days by tenant and by event type. Those without a retention are absent. */
export interface RetentionRules {
  tenants: Map<string, number>;
  types: Map<string, number>;
}

export interface TenantPattern {
  tenantId: string;
  pattern: string;
}

/** A subscription of a webhook with a filter. */
export interface FilteredSubscription extends TenantPattern {
  webhookId: string;
  /** JSON text. */
  filter: string;
  /** Changes whenever the filter changes. */
  revision: string;
}

const READ = `
SELECT 'tenant' AS kind, id::text AS key, status::text AS rule, NULL::text[] AS "searchKeys", NULL::uuid AS "tenantId",
  NULL::text AS pattern, NULL::text AS revision, NULL::text AS "orderingPointer", payload_days AS "payloadDays",
  history_days AS "historyDays"
FROM tenant WHERE id = ANY ($1::uuid[])
UNION ALL
SELECT 'event_type', name, schema::text, search_keys, NULL, NULL, NULL, ordering_pointer, payload_days, history_days
FROM event_type t WHERE name = ANY ($2::text[]) AND ${hasRules('t')}
UNION ALL
SELECT 'filter', w.id::text, w.filter::text, NULL, w.tenant_id, s.pattern, ${filterRevision('w')}, NULL, NULL, NULL
FROM webhook w
JOIN webhook_subscription s ON s.tenant_id = w.tenant_id AND s.webhook_id = w.id
WHERE w.tenant_id = ANY ($1::uuid[]) AND w.filter IS NOT NULL AND w.status <> 'deleted' AND s.pattern = ANY ($3::text[])
UNION ALL
SELECT DISTINCT 'sequenced', NULL, NULL, NULL::text[], w.tenant_id, s.pattern, NULL, NULL, NULL::integer, NULL::integer
FROM webhook w
JOIN webhook_subscription s ON s.tenant_id = w.tenant_id AND s.webhook_id = w.id
WHERE w.tenant_id = ANY ($1::uuid[]) AND ${isSequenced('w')} AND w.status <> 'deleted' AND s.pattern = ANY ($3::text[])`;

interface RetentionRow {
  payloadDays: number | null;
  historyDays: number | null;
}

/** The columns of all kinds of rules: the columns of other kinds are null. */
type Row =
  | ({ kind: 'tenant'; key: string; rule: TenantStatus } & RetentionRow)
  | ({
      kind: 'event_type';
      key: string;
      rule: string | null;
      searchKeys: string[];
      orderingPointer: string | null;
    } & RetentionRow)
  | { kind: 'sequenced'; tenantId: string; pattern: string }
  | { kind: 'filter'; key: string; rule: string; tenantId: string; pattern: string; revision: string };

/**
 * Returns the rules for a batch of events: the status of the tenants, the schemas, search keys and ordering pointers of the event types, the retention of both, the
 * filters of webhooks, and which subscriptions number their deliveries. Includes webhooks that are not active, because they may become active before the events are inserted.
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
    tenants: new Map(),
    payloadDays: { tenants: new Map(), types: new Map() },
    historyDays: { tenants: new Map(), types: new Map() },
    schemas: new Map(),
    searchKeys: new Map(),
    orderingPointers: new Map(),
    filtered: [],
    sequenced: [],
  };
  for (const row of rows) addRule(rules, row);
  return rules;
}

function addRule(rules: AcceptRules, row: Row): void {
  switch (row.kind) {
    case 'tenant':
      rules.tenants.set(row.key, row.rule);
      addRetention(rules, 'tenants', row);
      break;
    case 'event_type':
      if (row.rule !== null) rules.schemas.set(row.key, row.rule);
      if (row.searchKeys.length > 0) rules.searchKeys.set(row.key, row.searchKeys);
      addRetention(rules, 'types', row);
      if (row.orderingPointer !== null) rules.orderingPointers.set(row.key, row.orderingPointer);
      break;
    case 'filter': {
      const { key: webhookId, rule: filter, tenantId, pattern, revision } = row;
      rules.filtered.push({ webhookId, tenantId, pattern, filter, revision });
      break;
    }
    case 'sequenced':
      rules.sequenced.push({ tenantId: row.tenantId, pattern: row.pattern });
  }
}

function addRetention(
  rules: AcceptRules,
  of: keyof RetentionRules,
  row: RetentionRow & { key: string },
): void {
  if (row.payloadDays !== null) rules.payloadDays[of].set(row.key, row.payloadDays);
  if (row.historyDays !== null) rules.historyDays[of].set(row.key, row.historyDays);
}
