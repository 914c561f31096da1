import { type AcceptValues, P } from './accept-parameters.js';
import type { NewEvent } from './new-event.js';
import { occurredAtOf } from './occurred-at.js';

/**
 * The events with a separate retention, with its days. Those whose payload is stored apart have a context for it. Without the class
 * of its days, history is kept as long as the installation keeps it.
 */
const RETAINED = `, retained AS MATERIALIZED (
  SELECT event_id, history_class, history_day, expires_on,
    CASE WHEN is_apart THEN jsonb_build_object('payloadDay', expires_on, 'occurredAt', occurred_at) END AS payload_context
  FROM (
    SELECT event_id, days IS NOT NULL AS is_apart, occurred_at, history_class, history_day,
      -- The history of a late push ends sooner, with the day of its id.
      CASE WHEN days > 0 AND (history_day >= today) IS NOT FALSE THEN least(today + days, history_day) END AS expires_on
    FROM (
      SELECT r.*, coalesce(h.id, 0) AS history_class, posthorn_uuid_day(r.event_id) + h.days AS history_day, (now() AT TIME ZONE 'UTC')::date AS today
      FROM unnest(${P.retainedIds}::uuid[], ${P.payloadDays}::integer[], ${P.occurredAts}::text[], ${P.historyDays}::integer[])
        AS r (event_id, days, occurred_at, history_days)
      LEFT JOIN history_class h ON h.days = r.history_days
    ) AS r
  ) AS r
)`;

/** Stores their payloads, and the values that they can be found by. */
const PAYLOADS = `, payload AS MATERIALIZED (
  -- A push may be in a batch twice.
  SELECT DISTINCT ON (i.id) r.expires_on, i.id AS event_id, i.tenant_id, i.body, i.deflated_body, i.context
  FROM accepted a JOIN retained r ON r.event_id = a.id AND r.payload_context IS NOT NULL JOIN input i ON i.id = a.id
), expiring AS (
  INSERT INTO event_payload (expires_on, event_id, body, deflated_body, context)
  SELECT expires_on, event_id, body, deflated_body, context FROM payload WHERE expires_on IS NOT NULL
  -- It may be left of the same push, whose event has expired.
  ON CONFLICT DO NOTHING
), unsettled AS (
  INSERT INTO unsettled_payload (event_id, body, deflated_body, context)
  SELECT event_id, body, deflated_body, context FROM payload WHERE expires_on IS NULL
  ON CONFLICT DO NOTHING
), indexed_payload AS (
  INSERT INTO event_payload_value (expires_on, tenant_id, digest, event_id, pointer)
  SELECT p.expires_on, p.tenant_id, v.digest, v.event_id, v.pointer
  FROM unnest(${P.apartEventIds}::uuid[], ${P.apartDigests}::uuid[], ${P.apartPointers}::text[]) AS v (event_id, digest, pointer)
  JOIN payload p ON p.event_id = v.event_id
  WHERE p.expires_on IS NOT NULL
  ON CONFLICT DO NOTHING
)`;

/** The row of `event` for one with a payload apart. */
const CONTEXT = `coalesce(payload_context || jsonb_build_object('bytes', posthorn_body_bytes(body, deflated_body)), context)`;

/** The parts of the statement that accepts events for those whose payloads or history are kept for fewer days. */
export const WITH_PAYLOADS = {
  retained: RETAINED,
  payloads: PAYLOADS,
  /** What is stored in `event` of the rows of `input`. */
  body: 'CASE WHEN payload_context IS NULL THEN body END, CASE WHEN payload_context IS NULL THEN deflated_body END',
  context: `CASE WHEN history_day IS NULL THEN ${CONTEXT}
      ELSE coalesce(${CONTEXT}, '{}') || jsonb_build_object('historyDay', history_day) END`,
  input: 'input LEFT JOIN retained ON retained.event_id = input.id',
  /** What is stored of the history of deliveries: its column, its value, and where the value is read. */
  historyColumn: ', history_class',
  historyClass: ', coalesce(of_event.history_class, 0)',
  history:
    ' LEFT JOIN (SELECT event_id AS retained_id, history_class FROM retained) AS of_event ON of_event.retained_id = event_id',
};

/** The parts for a batch without them. */
export const WITHOUT_PAYLOADS: typeof WITH_PAYLOADS = {
  retained: '',
  payloads: '',
  body: 'body, deflated_body',
  context: 'context',
  input: 'input',
  historyColumn: '',
  historyClass: '',
  history: '',
};

/** Returns whether the payload of an event is stored apart. */
export const isApart = ({ payloadDays = null }: NewEvent): boolean => payloadDays !== null;

/** Returns whether the payload or the history of an event is kept for fewer days. */
export const isRetained = (event: NewEvent): boolean =>
  isApart(event) || (event.historyDays ?? null) !== null;

type PayloadValues = Pick<
  AcceptValues,
  | 'retainedIds'
  | 'payloadDays'
  | 'occurredAts'
  | 'historyDays'
  | 'apartEventIds'
  | 'apartDigests'
  | 'apartPointers'
>;

export function payloadValues(events: readonly NewEvent[]): PayloadValues {
  // A push may be in a batch twice.
  const unique = [...new Map(events.map((event) => [event.id, event])).values()];
  const [apartEventIds, apartDigests, apartPointers] = searchValueArrays(unique.filter(isApart));
  return {
    retainedIds: unique.map(({ id }) => id),
    payloadDays: unique.map(({ payloadDays = null }) => payloadDays),
    occurredAts: unique.map(({ body, publishedAt }) =>
      occurredAtOf({ body, deflatedBody: null }, publishedAt),
    ),
    historyDays: unique.map(({ historyDays = null }) => historyDays),
    apartEventIds,
    apartDigests,
    apartPointers,
  };
}

export const NO_PAYLOAD_VALUES = payloadValues([]);

/** Returns the values that events can be found by, as arrays of event ids, digests and pointers. */
export function searchValueArrays(events: readonly NewEvent[]): [string[], string[], string[]] {
  const values = events.flatMap(({ id, searchValues = [] }) =>
    searchValues.map(({ digest, pointer }) => ({ id, digest, pointer })),
  );
  return [
    values.map(({ id }) => id),
    values.map(({ digest }) => digest),
    values.map(({ pointer }) => pointer),
  ];
}
