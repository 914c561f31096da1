import { type Lane, laneOf, type TraceContext } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { filterRevision } from './filter-revision.js';

export interface NewEvent {
  id: string;
  tenantId: string;
  type: string;
  /** Every pattern that a matching subscription may have; the same for all events of the type. */
  patterns: string[];
  /** The request body as it will be signed and sent. */
  body: string;
  publishedAt: Date;
  /** Pushed to Redis: webhooks that became active after `publishedAt` do not match. */
  pushed: boolean;
  idempotencyKey: string | null;
  /** Null when its trace is not recorded. */
  traceContext?: TraceContext | null;
}

export interface AcceptedEvent {
  eventId: string;
  deliveries: NewDelivery[];
}

export interface NewDelivery {
  id: string;
  lane: Lane;
}

/** Of a webhook `w` and an event, or what is known of it, `e`. */
const isSubscribed = `EXISTS (
  SELECT FROM pattern p
  JOIN webhook_subscription s ON s.tenant_id = e.tenant_id AND s.pattern = p.pattern AND s.webhook_id = w.id
  WHERE p.type = e.type
)`;

/** Deliveries for what passed the filter of a webhook. */
const PASSED = `
    UNION ALL
    SELECT DISTINCT e.id, e.tenant_id, w.id, w.epoch, w.slow_since IS NOT NULL
    FROM unnest($13::uuid[], $14::uuid[]) AS passed (event_id, webhook_id)
    JOIN published e ON e.id = passed.event_id
    JOIN webhook w ON w.id = passed.webhook_id AND w.status = 'active' AND w.filter IS NOT NULL
    WHERE (NOT e.pushed OR w.active_since <= e.published_at) AND ${isSubscribed}`;

/** @param passed PASSED or nothing: a part that finds nothing takes its time to be planned, too */
const sql = (passed: string) => `
WITH pattern AS MATERIALIZED (
  SELECT * FROM unnest($8::text[], $9::text[]) AS t (type, pattern)
), unasked AS (
  -- A filter that was set since the filters were read: as long as there is one, nothing is taken.
  SELECT FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::text[])) AS e (tenant_id, type)
  JOIN webhook w ON w.tenant_id = e.tenant_id AND w.status = 'active' AND w.filter IS NOT NULL
  -- As a subquery it is hashed in every plan: there may be 10,000 of them.
  WHERE $10::text[] IS NOT NULL AND ${filterRevision('w')} NOT IN (SELECT unnest($10::text[])) AND ${isSubscribed}
  UNION ALL
  -- Taken for an event that no rule is about, and one is.
  SELECT FROM event_type WHERE $12::boolean AND name = ANY ($8::text[]) AND schema IS NOT NULL
  UNION ALL
  SELECT FROM unnest($2::uuid[]) AS preparedStatement (id)
  WHERE $12::boolean AND NOT EXISTS (SELECT FROM tenant WHERE tenant.id = preparedStatement.id)
), input AS MATERIALIZED (
  -- The bodies as JSON: it is written many times as fast as an array.
  SELECT * FROM ROWS FROM (
    unnest($1::uuid[], $2::uuid[], $3::text[], $5::timestamptz[], $6::boolean[], $7::text[], $11::jsonb[]),
    json_array_elements_text($4::json)
  ) AS t (id, tenant_id, type, published_at, pushed, idempotency_key, trace_context, body)
  WHERE NOT EXISTS (SELECT FROM unasked)
), claimed AS (
  -- In the order of the key, so that two batches with the same keys wait for each other instead of deadlocking.
  INSERT INTO event_idempotency (tenant_id, key, event_id)
  SELECT tenant_id, idempotency_key, id FROM input WHERE idempotency_key IS NOT NULL
  ORDER BY tenant_id, idempotency_key
  ON CONFLICT DO NOTHING
  RETURNING event_id
), accepted AS (
  INSERT INTO event (id, tenant_id, type, body, published_at, trace_context)
  SELECT id, tenant_id, type, body, published_at, trace_context FROM input
  WHERE idempotency_key IS NULL OR id IN (SELECT event_id FROM claimed)
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), published AS MATERIALIZED (
  SELECT DISTINCT ON (id) id, tenant_id, type, published_at, pushed FROM accepted JOIN input USING (id)
), wanting AS MATERIALIZED (
  -- Who wants a type is looked up once, not for each event of it.
  SELECT tenant_id, type, array_agg(id) AS ids, array_agg(epoch) AS epochs, array_agg(slow) AS slows,
    array_agg(active_since) AS active_sinces
  FROM (
    SELECT DISTINCT e.tenant_id, e.type, w.id, w.epoch, w.slow_since IS NOT NULL AS slow, w.active_since
    FROM (SELECT DISTINCT tenant_id, type FROM published) AS e
    JOIN pattern p ON p.type = e.type
    JOIN webhook_subscription s ON s.tenant_id = e.tenant_id AND s.pattern = p.pattern
    JOIN webhook w ON w.id = s.webhook_id AND w.status = 'active' AND w.filter IS NULL
  ) AS w
  GROUP BY tenant_id, type
), matched AS MATERIALIZED (
  SELECT posthorn_uuidv7() AS id, event_id, tenant_id, webhook_id, epoch, slow
  FROM (
    SELECT e.id AS event_id, e.tenant_id, w.id AS webhook_id, w.epoch, w.slow
    FROM published e
    JOIN wanting ON wanting.tenant_id = e.tenant_id AND wanting.type = e.type
    CROSS JOIN unnest(ids, epochs, slows, active_sinces) AS w (id, epoch, slow, active_since)
    WHERE NOT e.pushed OR w.active_since <= e.published_at${passed}
  ) AS m
), made AS (
  INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
  SELECT id, event_id, webhook_id, tenant_id, now(), epoch FROM matched
)
SELECT a.id AS event_id, m.id AS delivery_id, m.slow
FROM accepted a LEFT JOIN matched m ON m.event_id = a.id
UNION ALL
(SELECT NULL, NULL, NULL FROM unasked LIMIT 1)`;

const WITHOUT_PASSED = sql('');
const WITH_PASSED = sql(PASSED);

interface Row {
  /** Null: there is a filter that was not asked. */
  event_id: string | null;
  delivery_id: string | null;
  slow: boolean | null;
}

/** The events that fit filters, in pairs: an event of the batch, and in the same place the webhook whose filter it fits. */
export interface FilterMatches {
  eventIds: readonly string[];
  webhookIds: readonly string[];
}

/** What the filters of webhooks said about a batch. */
export interface FilterResults extends FilterMatches {
  /** The revisions of all filters that were asked. */
  revisions: readonly string[];
}

const NOTHING_PASSED: FilterMatches = { eventIds: [], webhookIds: [] };

/**
 * Takes a batch of events in one transaction: stores them, matches the active webhooks and makes one delivery for each
 * match. Answers only what is new: an event whose id or idempotency key is there already is left out.
 * @returns null, and nothing is taken, when there is a filter by now that was not asked; without `revisions` such a
 * filter lets nothing through
 */
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  verdicts: FilterResults,
): Promise<AcceptedEvent[] | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  passed?: FilterMatches & { revisions?: never },
): Promise<AcceptedEvent[]>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  {
    eventIds,
    webhookIds,
    revisions = null,
  }: FilterMatches & { revisions?: readonly string[] | null } = NOTHING_PASSED,
): Promise<AcceptedEvent[] | null> {
  return accept(pool, events, { eventIds, webhookIds, revisions, unruled: false });
}

/**
 * The same for events that no rule is thought to be about.
 * @returns null, and nothing is taken, when one is: a tenant is not there, a type has a schema, or a webhook a filter
 */
export function acceptEventsWithoutRules(
  pool: pg.Pool,
  events: readonly NewEvent[],
): Promise<AcceptedEvent[] | null> {
  return accept(pool, events, { ...NOTHING_PASSED, revisions: [], unruled: true });
}

interface Asked extends FilterMatches {
  /** Null: other filters let nothing through. */
  revisions: readonly string[] | null;
  unruled: boolean;
}

async function accept(
  pool: pg.Pool,
  events: readonly NewEvent[],
  { eventIds, webhookIds, revisions, unruled }: Asked,
): Promise<AcceptedEvent[] | null> {
  if (events.length === 0) return [];
  const patterns = patternsByType(events);
  const values = [
    events.map((event) => event.id),
    events.map((event) => event.tenantId),
    events.map((event) => event.type),
    JSON.stringify(events.map((event) => event.body)),
    events.map((event) => event.publishedAt.toISOString()),
    events.map((event) => event.pushed),
    events.map((event) => event.idempotencyKey),
    patterns.map(([type]) => type),
    patterns.map(([, pattern]) => pattern),
    revisions,
    traceContexts(events),
    unruled,
    ...(eventIds.length > 0 ? [eventIds, webhookIds] : []),
  ];
  const { rows } = await pool.query<Row>(
    eventIds.length > 0
      ? preparedStatement(pool, 'accept-events-passed', WITH_PASSED, values)
      : preparedStatement(pool, 'accept-events', WITHOUT_PASSED, values),
  );
  const accepted = new Map<string, NewDelivery[]>();
  for (const { event_id: eventId, delivery_id: id, slow } of rows) {
    if (eventId === null) return null;
    const deliveries = accepted.get(eventId) ?? [];
    const lane = laneOf({ webhookIsSlow: slow ?? false, attemptCount: 0, replayed: false });
    if (id !== null) deliveries.push({ id, lane });
    accepted.set(eventId, deliveries);
  }
  return Array.from(accepted, ([eventId, deliveries]) => ({ eventId, deliveries }));
}

/** As JSON texts. None at all where no trace is recorded: what an array lacks is null. */
function traceContexts(events: readonly NewEvent[]): (string | null)[] {
  if (events.every((event) => !event.traceContext)) return [];
  return events.map(({ traceContext }) => (traceContext ? JSON.stringify(traceContext) : null));
}

function patternsByType(events: readonly NewEvent[]): [type: string, pattern: string][] {
  const byType = new Map(events.map(({ type, patterns }) => [type, patterns]));
  return [...byType].flatMap(([type, patterns]) =>
    patterns.map((pattern): [string, string] => [type, pattern]),
  );
}
