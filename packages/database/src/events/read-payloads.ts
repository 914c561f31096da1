import { type EventContext, groupBy } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { isUndefinedTable } from '../connection/transient.js';
import { payloadDayIn } from './payload-day.js';
import { bodyBytes, type StoredBody } from './stored-body.js';

/** The payload of an event, with what it was published with besides. */
interface StoredPayload extends StoredBody {
  context: EventContext;
}

/** The id and the context of an event as it is stored. */
export interface EventRow {
  eventId: string;
  context: unknown;
}

interface PayloadRow extends StoredPayload {
  eventId: string;
  isDeferred: boolean;
}

/** By event. Absent: it has expired. `deferred`: those before it have as many bytes as may be read. */
export type Payloads = Map<string, StoredPayload | 'deferred'>;

/** The payloads of all days. */
const ALL_PAYLOADS = 'event_payload';

/** A table that always exists, for payloads that are in `unsettled_payload`. */
const NO_DAY = `${ALL_PAYLOADS}_default`;

/** Both tables in one statement: a payload that is moved is in at least one of them. */
const read = (table: string) => `
SELECT event_id AS "eventId", bytes_before >= $3 AS "isDeferred", CASE WHEN bytes_before < $3 THEN body END AS body,
  CASE WHEN bytes_before < $3 THEN deflated_body END AS "deflatedBody", context
FROM (
  SELECT i.event_id, p.*, coalesce(
    -- Reads the length only, not the payload.
    sum(posthorn_body_bytes(p.body, p.deflated_body))
      OVER (ORDER BY i.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0
  ) AS bytes_before
  FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS i (event_id, day, position)
  CROSS JOIN LATERAL (
    SELECT body, deflated_body, context FROM ${table} p WHERE p.event_id = i.event_id AND p.expires_on = nullif(i.day, '')::date
    UNION ALL
    SELECT body, deflated_body, context FROM unsettled_payload u WHERE u.event_id = i.event_id
    LIMIT 1
  ) AS p
) AS payload`;

const READ_ALL = read(ALL_PAYLOADS);

type Query = (text: string, values: unknown[]) => Promise<PayloadRow[]>;

/** Returns whether the payload of an event is stored apart. */
export const isStoredApart = ({ context }: Pick<EventRow, 'context'>): boolean =>
  payloadDayIn(context) !== undefined;

function parameters(events: readonly EventRow[], maxBytes: number): [string[], string[], number] {
  const days = new Map(events.map(({ eventId, context }) => [eventId, payloadDayIn(context) ?? '']));
  return [[...days.keys()], [...days.values()], maxBytes];
}

const toPayloads = (rows: readonly PayloadRow[]): Payloads =>
  new Map(rows.map(({ eventId, isDeferred, ...payload }) => [eventId, isDeferred ? 'deferred' : payload]));

/**
 * Returns the payloads of those events whose payloads are stored apart, in their order up to `maxBytes`. Runs no statement if there are
 * none, as nearly always.
 */
export async function readPayloads(
  events: readonly EventRow[],
  maxBytes: number,
  query: Query,
): Promise<Payloads> {
  const apart = events.filter(isStoredApart);
  if (apart.length === 0) return new Map();
  return toPayloads(await query(READ_ALL, parameters(apart, maxBytes)));
}

/**
 * The same for workers: reads the table of each day by its name, which opens no other, and which exists until the payloads of pending
 * deliveries have been moved.
 */
export async function loadPayloads(
  pool: pg.Pool,
  events: readonly EventRow[],
  maxBytes: number,
): Promise<Payloads> {
  const found: Payloads = new Map();
  let bytesLeft = maxBytes;
  for (const [table, ofDay] of groupBy(events.filter(isStoredApart), tableOf)) {
    const run = async (name: string) =>
      (
        await pool.query<PayloadRow>(
          preparedStatement(pool, `load-payloads-${name}`, read(name), parameters(ofDay, bytesLeft)),
        )
      ).rows;
    const rows = await run(table).catch((error: unknown) => {
      if (!isUndefinedTable(error)) throw error;
      return run(ALL_PAYLOADS);
    });
    for (const [eventId, payload] of toPayloads(rows)) {
      found.set(eventId, payload);
      if (payload !== 'deferred') bytesLeft -= bodyBytes(payload);
    }
  }
  return found;
}

/** Returns the table of a payload. `unsettled_payload` is read with each. */
function tableOf({ context }: EventRow): string {
  const day = payloadDayIn(context);
  return day ? `${ALL_PAYLOADS}_${day.replaceAll('-', '')}` : NO_DAY;
}
