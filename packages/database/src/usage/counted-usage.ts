import { TIMELY_MS } from './timely.js';

/** Expressions of times: the usage from `from` until before `to`, or all that follows. */
interface CountedRange {
  from: string;
  to: string | null;
  /** A further condition on the rows. */
  where?: string;
}

/** The columns of usage, beside day and tenant. */
export const USAGE_COUNTS = ['events', 'deliveries', 'attempts', 'bytes'] as const;

/** The length of the body of an event, also of one whose payload is stored apart. */
const BYTES = `coalesce(posthorn_body_bytes(body, deflated_body), (context ->> 'bytes')::integer)`;

/** The time between the id of an attempt and the end of its delivery, rounded up. */
export const AROUND = `interval '${2 * TIMELY_MS} milliseconds'`;

/**
 * Returns a query of the usage in the history, without what is in `usage_late`: one row per event, delivery and attempt. The time in the id
 * decides to which range it belongs. A delivery has the day of its event, an attempt the day on which it started. It moves
 * between tables, but a statement sees it in one of them.
 */
export function countedUsage({ from, to, where = 'true' }: CountedRange): string {
  const inRange = (id: string): string =>
    `${id} >= posthorn_uuid_floor(${from})${to === null ? '' : ` AND ${id} < posthorn_uuid_floor(${to})`}
      AND NOT EXISTS (SELECT FROM usage_late l WHERE l.id = `;
  const startedOn = `(started_at AT TIME ZONE 'UTC')::date`;
  const delivery = (table: string): string => `
  SELECT tenant_id, posthorn_uuid_day(id), 0, 1, 0, 0 FROM ${table} AS t WHERE ${inRange('t.id')}t.event_id) AND ${where}`;
  return `
  SELECT tenant_id, posthorn_uuid_day(id) AS day, 1 AS events, 0 AS deliveries, 0 AS attempts, ${BYTES} AS bytes
  FROM event AS t WHERE ${inRange('t.id')}t.id) AND ${where}
  UNION ALL${delivery('pending_delivery')}
  UNION ALL${delivery('settled_delivery')}
  UNION ALL
  SELECT tenant_id, ${startedOn}, 0, 0, 1, 0 FROM earlier_attempt AS t WHERE ${inRange('t.id')}t.id) AND ${where}
  UNION ALL
  SELECT tenant_id, ${startedOn}, 0, 0, 1, 0 FROM settled_delivery AS t
  WHERE settled_at >= ${from} - ${AROUND}${to === null ? '' : ` AND settled_at < ${to} + ${AROUND}`}
    AND ${inRange('t.attempt_id')}t.attempt_id) AND ${where}`;
}
