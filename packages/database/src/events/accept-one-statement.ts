import { activeKeyWithRights } from '../access/active-key.js';
import type { ActiveApiKey } from '../access/find-active-api-keys.js';
import type { AcceptedForm } from './accepted-form.js';
import { acceptedColumns, versionColumn } from './accepted-columns.js';
import { hasRules, tenantHasRules, webhookHasRules } from './has-rules.js';
import { dataKeysExist } from '../encryption/data-keys.js';
import { EARLIEST_TIMELY } from '../usage/timely.js';

/** Condition: webhook `w` has a subscription that matches the event. */
const isSubscribed = `w.id IN (
  SELECT s.webhook_id FROM webhook_subscription s WHERE s.tenant_id = $2 AND s.pattern = ANY ($8::text[])
)`;

/**
 * Accepts one event without an idempotency key to which, as far as the caller knows, no rules apply: nearly every event at everyday
 * load. Does the same as the statement for a batch, in about half the time. Takes the key of the publisher, or null.
 */
const acceptOne = (isSealed: boolean): string => `
WITH checked AS MATERIALIZED (
  SELECT
    $9::uuid IS NOT NULL AND ${activeKeyWithRights({ id: '$9', rights: '$10::text' })} IS NULL AS is_refused,
    EXISTS (
      SELECT FROM webhook w WHERE w.tenant_id = $2 AND w.status = 'active' AND ${webhookHasRules('w')} AND ${isSubscribed}
    ) OR EXISTS (SELECT FROM event_type t WHERE t.name = $3 AND ${hasRules('t')})
    OR NOT EXISTS (SELECT FROM tenant t WHERE t.id = $2 AND t.status = 'active' AND NOT ${tenantHasRules('t')})
    -- The statement for batches counts it.
    OR $1::uuid < ${EARLIEST_TIMELY}${isSealed ? ` OR NOT ${dataKeysExist('$13')}` : ''} AS is_outdated
), accepted AS (
  INSERT INTO event (id, tenant_id, type, body, deflated_body, published_at, context, displaced)
  SELECT $1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, least($6::timestamptz, now()), $11::jsonb,
    $7::boolean AND $1 > posthorn_uuid_floor(least($6, now()) + interval '1 minute')
  FROM checked WHERE NOT is_refused AND NOT is_outdated
  ON CONFLICT (id) DO NOTHING
  RETURNING id, published_at
), matched AS MATERIALIZED (
  SELECT posthorn_delivery_id(e.id) AS id, e.id AS event_id, w.id AS webhook_id, w.epoch, w.slow_since IS NOT NULL AS slow, ${versionColumn('$12::boolean')}
  FROM accepted e
  JOIN webhook w ON ${isSubscribed} AND w.status = 'active' AND w.filter IS NULL AND (NOT $7 OR w.active_since <= e.published_at)
), inserted AS (
  INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
  SELECT id, event_id, webhook_id, $2, now(), epoch FROM matched
)
SELECT e.id AS event_id, ${acceptedColumns('$12::boolean')}
FROM accepted e LEFT JOIN matched m ON true
GROUP BY e.id, m.slow
UNION ALL
SELECT NULL, CASE WHEN is_refused THEN $9::text END, NULL, NULL, NULL, NULL, NULL FROM checked WHERE is_refused OR is_outdated`;

const [PLAIN, SEALED] = [acceptOne(false), acceptOne(true)];

interface OneEventOptions {
  /** Of the publisher. Undefined if it is not checked. */
  key: Pick<ActiveApiKey, 'id' | 'rights'> | undefined;
  withStored: boolean;
}

/** Returns the statement that accepts the only event of a form. For a sealed event, its data keys must exist. */
export function acceptOneStatement(
  { events: [event], bodies: [stored], contexts: [context], keyIds }: AcceptedForm,
  { key, withStored }: OneEventOptions,
): { name: string; text: string; values: unknown[] } {
  const values = [
    event?.id,
    event?.tenantId,
    event?.type,
    stored?.body,
    stored?.deflatedBody,
    event?.publishedAt.toISOString(),
    event?.pushed,
    event?.patterns,
    key?.id ?? null,
    key?.rights ?? null,
    context,
    withStored,
  ];
  return keyIds === null
    ? { name: 'accept-one-event', text: PLAIN, values }
    : { name: 'accept-one-event-sealed', text: SEALED, values: [...values, keyIds] };
}
