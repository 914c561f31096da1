import { activeKeyWithRights } from '../access/active-key.js';
import {
  acceptedColumns,
  IS_CHAINED,
  IS_NUMBERED,
  sequencedColumns,
  versionColumn,
} from './accepted-columns.js';
import { filterRevision } from './filter-revision.js';
import { hasRules, tenantHasRules, webhookHasRules } from './has-rules.js';
import { numberParameters, P } from './accept-parameters.js';
import { WITH_PAYLOADS, WITHOUT_PAYLOADS } from './accept-payloads.js';
import { ORDER_COLUMNS, sequences } from './accept-sequences.js';
import { isSequenced } from '../webhooks/is-sequenced.js';
import { dataKeysExist } from '../encryption/data-keys.js';
import { EARLIEST_TIMELY } from '../usage/timely.js';

/** Condition: webhook `w` has a subscription that matches `e`, a row with tenant_id and type. */
const isSubscribed = `EXISTS (
  SELECT FROM pattern p
  JOIN webhook_subscription s ON s.tenant_id = e.tenant_id AND s.pattern = p.pattern AND s.webhook_id = w.id
  WHERE p.type = e.type
)`;

const WITH_STORED = `${P.withStored}::boolean`;

/** Deliveries of events that matched the filter of a webhook. */
const FILTERED_DELIVERIES = `
    UNION ALL
    SELECT DISTINCT e.id, e.tenant_id, w.id, w.epoch, w.slow_since IS NOT NULL, ${versionColumn(WITH_STORED)}
    FROM unnest(${P.matchedEventIds}::uuid[], ${P.matchedWebhookIds}::uuid[]) AS match (event_id, webhook_id)
    JOIN published e ON e.id = match.event_id
    JOIN webhook w ON w.id = match.webhook_id AND w.status = 'active' AND w.filter IS NOT NULL
    WHERE (NOT e.pushed OR w.active_since <= e.published_at) AND ${isSubscribed}`;

/**
 * Claims the idempotency keys of events that are not known, and those whose event has expired or is erased. An event whose key is known is a
 * duplicate.
 */
const CLAIMED_KEYS = `, keyed AS MATERIALIZED (
  -- Ordered by key, so that two batches with the same keys wait for each other instead of deadlocking. The first event in the batch wins.
  SELECT i.id, i.tenant_id, i.idempotency_key, i.digest, i.pushed, (
    -- LIMIT 1 forces a lookup per key by index, regardless of statistics. Within the current generation, the insert decides.
    SELECT event_id FROM event_idempotency k WHERE k.tenant_id = i.tenant_id AND k.key = i.idempotency_key LIMIT 1
  ) AS original
  FROM input i WHERE i.idempotency_key IS NOT NULL
  ORDER BY i.tenant_id, i.idempotency_key, i.position
), claimed AS (
  INSERT INTO event_idempotency (tenant_id, key, generation, event_id, digest)
  SELECT i.tenant_id, i.idempotency_key, g.number, i.id, i.digest
  FROM keyed i CROSS JOIN event_idempotency_generation g
  WHERE i.original IS NULL OR posthorn_free_event_key(i.tenant_id, i.idempotency_key, i.original, i.pushed)
  ON CONFLICT DO NOTHING
  RETURNING event_id
)`;

/**
 * Fails if an event is not stored because an erased event has its id, which derives from the key: stored later with another id, it would
 * follow the others.
 */
const REFUSED_IDS = `
UNION ALL
SELECT NULL, posthorn_refuse_erased_ids(array_agg(id)), NULL, NULL, NULL, NULL, NULL
-- Usually without rows. OFFSET 0 keeps the condition, which looks up the event of each row, outside.
FROM (SELECT event_id AS id FROM claimed EXCEPT SELECT id FROM accepted OFFSET 0) AS i
JOIN keyed USING (id)
WHERE NOT pushed AND posthorn_event_is_erased(id)
HAVING count(*) > 0`;

/** Indexes the values that events can be found by. */
const SEARCH_VALUES = `, indexed AS (
  INSERT INTO event_search_value (tenant_id, digest, event_id, pointer)
  SELECT e.tenant_id, v.digest, v.event_id, v.pointer
  FROM unnest(${P.foundEventIds}::uuid[], ${P.foundDigests}::uuid[], ${P.foundPointers}::text[]) AS v (event_id, digest, pointer)
  JOIN published e ON e.id = v.event_id
  -- A push may be in a batch twice.
  ON CONFLICT DO NOTHING
)`;

/** Data keys that no longer exist. */
const MISSING_DATA_KEYS = `
  UNION ALL
  SELECT WHERE NOT ${dataKeysExist(P.dataKeyIds)}`;

/** Counts the events that are stored later than their ids say. Usually there are none. */
const LATE = `, late AS (
  INSERT INTO usage_late (id, tenant_id, day, events, deliveries, attempts, bytes)
  SELECT DISTINCT ON (i.id) i.id, i.tenant_id, posthorn_uuid_day(i.id), 1, (SELECT count(*) FROM matched m WHERE m.event_id = i.id), 0,
    posthorn_body_bytes(i.body, i.deflated_body)
  FROM input i JOIN accepted USING (id)
  WHERE i.id < ${EARLIEST_TIMELY}
  ON CONFLICT DO NOTHING
)`;

/**
 * The optional parts of the statement. Planning a branch and opening its tables take time even if it returns no rows.
 */
interface Branches {
  hasKeys: boolean;
  hasFilters: boolean;
  hasSearchValues: boolean;
  /** Whether payloads or histories are kept for fewer days. */
  hasPayloads: boolean;
  /** Whether deliveries get numbers. Without it, nothing is inserted if a webhook numbers its deliveries. */
  hasSequences: boolean;
  /** Whether the events are sealed. Then nothing is inserted if one of their data keys no longer exists. */
  isSealed: boolean;
}

/** Condition: the filter of webhook `w` has changed since the caller read it. */
const isOutdatedFilter = `${P.revisions}::text[] IS NOT NULL AND ${filterRevision('w')} NOT IN (SELECT unnest(${P.revisions}::text[]))`;

/** Looks up the subscribed webhooks once per type, not once per event. */
const SUBSCRIBED = `subscribed AS MATERIALIZED (
  SELECT tenant_id, type, array_agg(id) AS ids, array_agg(epoch) AS epochs, array_agg(slow) AS slows,
    array_agg(active_since) AS active_sinces, array_agg(version) AS versions
  FROM (
    SELECT DISTINCT e.tenant_id, e.type, w.id, w.epoch, w.slow_since IS NOT NULL AS slow, w.active_since, ${versionColumn(WITH_STORED)}
    FROM (SELECT DISTINCT tenant_id, type FROM published) AS e
    JOIN pattern p ON p.type = e.type
    JOIN webhook_subscription s ON s.tenant_id = e.tenant_id AND s.pattern = p.pattern
    JOIN webhook w ON w.id = s.webhook_id AND w.status = 'active' AND w.filter IS NULL
  ) AS w
  GROUP BY tenant_id, type
)`;

/**
 * Returns a form of the statement. It locks in this order, each kind by id, so that statements wait for each other instead of deadlocking:
 * idempotency keys, events, the counters of webhooks that number their deliveries, and of the webhooks with a feed the turn of their
 * tenants (lock-tenant.ts), their tenants and themselves.
 */
const acceptStatement = (
  { hasKeys, hasFilters, hasSearchValues, hasPayloads, hasSequences, isSealed }: Branches,
  apart = hasPayloads ? WITH_PAYLOADS : WITHOUT_PAYLOADS,
) => `
WITH pattern AS MATERIALIZED (
  SELECT * FROM unnest(${P.patternTypes}::text[], ${P.patterns}::text[]) AS t (type, pattern)
), outdated AS (
  -- Filters that changed since the caller read them, and webhooks whose numbers are not counted. If there are any, nothing is inserted.
  SELECT FROM (SELECT DISTINCT * FROM unnest(${P.tenantIds}::uuid[], ${P.types}::text[])) AS e (tenant_id, type)
  JOIN webhook w ON w.tenant_id = e.tenant_id AND w.status = 'active' AND ${hasSequences ? 'w.filter IS NOT NULL' : webhookHasRules('w')}
  -- Up to 10,000 revisions: a subquery is hashed in every plan, an array is not.
  WHERE ${hasSequences ? isOutdatedFilter : `(${isSequenced('w')} OR ${isOutdatedFilter})`} AND ${isSubscribed}
  UNION ALL
  -- The caller assumed that no rules apply, but the type or the tenant has some.
  SELECT FROM event_type t WHERE ${P.assumeNoRules}::boolean AND t.name = ANY (${P.patternTypes}::text[]) AND ${hasRules('t')}
  UNION ALL
  SELECT FROM unnest(${P.tenantIds}::uuid[]) AS requested (id)
  WHERE NOT EXISTS (
    SELECT FROM tenant t WHERE t.id = requested.id AND t.status = 'active' AND NOT (${P.assumeNoRules}::boolean AND ${tenantHasRules('t')})
  )${isSealed ? MISSING_DATA_KEYS : ''}
), refused AS (
  -- Keys that are no longer active, or whose rights have changed. If there are any, nothing is inserted.
  SELECT used.id FROM unnest(${P.apiKeyIds}::uuid[], ${P.apiKeyRights}::text[]) AS used (id, rights)
  WHERE ${activeKeyWithRights({ id: 'used.id', rights: 'used.rights' })} IS NULL
), input AS MATERIALIZED (
  -- Bodies are passed as JSON, which is many times faster to serialize than a PostgreSQL array.
  SELECT id, tenant_id, type, least(published_at, now()) AS published_at, pushed, idempotency_key, digest, context,
    deflated_body, body, position
  FROM ROWS FROM (
    unnest(${P.ids}::uuid[], ${P.tenantIds}::uuid[], ${P.types}::text[], ${P.publishedAts}::timestamptz[], ${P.pushed}::boolean[], ${P.idempotencyKeys}::text[], ${P.digests}::uuid[], ${P.contexts}::jsonb[],
      ${P.deflatedBodies}::bytea[]),
    json_array_elements_text(${P.bodies}::json)
  ) WITH ORDINALITY
    AS t (id, tenant_id, type, published_at, pushed, idempotency_key, digest, context, deflated_body, body, position)
  WHERE NOT EXISTS (SELECT FROM outdated) AND NOT EXISTS (SELECT FROM refused)
)${hasKeys ? CLAIMED_KEYS : ''}${apart.retained}, accepted AS (
  -- displaced: its id, and so its day, is later than its publication.
  INSERT INTO event (id, tenant_id, type, body, deflated_body, published_at, context, displaced)
  SELECT id, tenant_id, type, ${apart.body}, published_at, ${apart.context},
    pushed AND id > posthorn_uuid_floor(published_at + interval '1 minute')
  FROM ${apart.input}
  WHERE ${hasKeys ? 'idempotency_key IS NULL OR id IN (SELECT event_id FROM claimed)' : 'true'}
  -- Ordered by id, so that two batches with the same pushes wait for each other instead of deadlocking.
  ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), published AS MATERIALIZED (
  SELECT DISTINCT ON (id) id, tenant_id, type, published_at, pushed${hasSequences ? ORDER_COLUMNS : ''}
  FROM accepted JOIN input USING (id)${hasSequences ? ' ORDER BY id, position' : ''}
), ${SUBSCRIBED}, matched AS MATERIALIZED (
  SELECT posthorn_delivery_id(event_id) AS id, event_id, tenant_id, webhook_id, epoch, slow, version
  FROM (
    SELECT e.id AS event_id, e.tenant_id, w.id AS webhook_id, w.epoch, w.slow, w.version
    FROM published e
    JOIN subscribed ON subscribed.tenant_id = e.tenant_id AND subscribed.type = e.type
    CROSS JOIN unnest(ids, epochs, slows, active_sinces, versions) AS w (id, epoch, slow, active_since, version)
    WHERE NOT e.pushed OR w.active_since <= e.published_at${hasFilters ? FILTERED_DELIVERIES : ''}
  ) AS m
)${hasSequences ? sequences(apart) : ''}, inserted AS (
  INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch${hasSequences ? ', sequence, ordering_key, chain' : ''}${apart.historyColumn})
  SELECT id, event_id, webhook_id, tenant_id, now(), epoch${hasSequences ? ', sequence, ordering_key, chain' : ''}${apart.historyClass}
  FROM ${hasSequences ? 'numbered' : 'matched'}${apart.history}${hasSequences ? ' WHERE NOT is_pulled' : ''}
)${hasSearchValues ? SEARCH_VALUES : ''}${apart.payloads}${LATE}
(
  SELECT a.id AS event_id, ${(hasSequences ? sequencedColumns : acceptedColumns)(WITH_STORED)}
  FROM accepted a LEFT JOIN ${hasSequences ? 'numbered' : 'matched'} m ON m.event_id = a.id
  GROUP BY a.id, m.slow${hasSequences ? `, ${IS_CHAINED}, ${IS_NUMBERED}` : ''}
  ORDER BY a.id
)
UNION ALL
(SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM outdated LIMIT 1)
UNION ALL
SELECT NULL, id::text, NULL, NULL, NULL, NULL, NULL FROM refused${hasKeys && hasSequences ? REFUSED_IDS : ''}`;

/** A statement, the name under which it is prepared, and its parameters. */
interface NamedStatement extends ReturnType<typeof numberParameters> {
  name: string;
}

const statements = new Map<string, NamedStatement>();

/** Returns the statement that accepts events, with the branches that a batch needs. */
export function acceptStatementFor(branches: Branches): NamedStatement {
  const { hasKeys, hasFilters, hasSearchValues, hasPayloads, hasSequences, isSealed } = branches;
  const parts = [
    hasKeys && 'with-keys',
    hasFilters && 'filtered',
    hasSearchValues && 'searchable',
    hasPayloads && 'with-payloads',
    hasSequences && 'sequenced',
    isSealed && 'sealed',
  ];
  const name = ['accept-events', ...parts.filter((part) => part !== false)].join('-');
  let statement = statements.get(name);
  if (!statement) {
    statement = { name, ...numberParameters(acceptStatement(branches)) };
    statements.set(name, statement);
  }
  return statement;
}
