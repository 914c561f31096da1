import type { DeliveryStatus, TenantStatus } from '@posthorn/core';
import { IS_ACTIVE_KEY } from '../access/active-key.js';
import { type Payloads, readPayloads } from '../events/read-payloads.js';
import { bodyOpener, type OpenBody, type StoredBody } from '../events/stored-body.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { Prisma } from '../generated/client.js';
import { DELIVERY_COLUMNS, JOIN_STOPPED_WEBHOOK } from '../deliveries/delivery-query.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { isSequenced } from '../webhooks/is-sequenced.js';

interface FeedRequest {
  webhookId: string;
  /** The key of the caller, which is checked again. */
  keyId: string;
  /** The number that the page follows. Undefined for the stored cursor. */
  after: number | undefined;
  limit: number;
  /** The page ends before its stored bodies exceed this. */
  maxBytes: number;
  /** They open what is sealed. */
  payloadKeys: PayloadKeys;
}

/** A numbered delivery with its event. */
export interface FeedEntry {
  id: string;
  eventId: string;
  sequence: number;
  status: DeliveryStatus;
  reason: string | null;
  /** Null if the event has expired. Its body is null if only its payload has expired, or if it was erased. */
  event: { type: string; publishedAt: Date; body: string | null; context: unknown } | null;
  isErased: boolean;
}

/** The state of a feed, as of the same moment as its entries. */
interface FeedState {
  isActive: boolean;
  tenantStatus: TenantStatus;
  tenantEpoch: number;
  /** Its deliveries are numbered. */
  isSequenced: boolean;
  epoch: number;
  isKeyActive: boolean;
  /** The highest number; 0 for none. */
  last: number;
  cursor: number | null;
  /** The numbers that were left out: those above `from`, to `to`. */
  jumps: { from: number; to: number }[];
  /** The number that the page follows. */
  after: number;
}

export interface FeedPage extends FeedState {
  /** In the order of their numbers. */
  entries: FeedEntry[];
}

type EntryRow = Omit<FeedEntry, 'event' | 'isErased'> &
  StoredBody & { type: string | null; publishedAt: Date; context: Prisma.JsonValue };

type Row = Omit<FeedState, 'jumps'> & { jumps: number[] } & {
  [Column in keyof EntryRow]: EntryRow[Column] | null;
};

/**
 * Returns the deliveries that follow a number, with their events, in one statement: numbers are committed in their order, so none of
 * them is missing. Returns null if the webhook does not exist.
 */
export async function readFeed(
  prisma: PrismaDb,
  { webhookId, keyId, after, limit, maxBytes, payloadKeys }: FeedRequest,
): Promise<FeedPage | null> {
  const rows = await prisma.$queryRaw<Row[]>`
    WITH state AS MATERIALIZED (
      SELECT w.status = 'active' AS is_active, t.status::text AS tenant_status, t.epoch AS tenant_epoch, ${Prisma.raw(isSequenced('w'))} AS is_sequenced, w.epoch,
        coalesce(s.last, 0) AS last, s.cursor, coalesce(s.jumps, '{}') AS jumps, coalesce(${after ?? null}::bigint, s.cursor, 0) AS after,
        EXISTS (
          SELECT FROM api_key k LEFT JOIN api_key p ON p.id = k.parent_id
          WHERE k.id = ${keyId}::uuid AND ${Prisma.raw(IS_ACTIVE_KEY)}
        ) AS is_key_active
      FROM webhook w JOIN tenant t ON t.id = w.tenant_id LEFT JOIN webhook_sequence s ON s.webhook_id = w.id
      WHERE w.id = ${webhookId}::uuid
    ), page AS MATERIALIZED (
      SELECT * FROM delivery
      WHERE webhook_id = ${webhookId}::uuid AND sequence > (SELECT after FROM state)
      ORDER BY sequence LIMIT ${limit}
    ), entry AS (
      SELECT ${DELIVERY_COLUMNS}, e.*,
        sum(coalesce(posthorn_body_bytes(e.body, e."deflatedBody"), 0)) OVER (ORDER BY d.sequence) AS bytes,
        row_number() OVER (ORDER BY d.sequence) AS position
      FROM page d ${JOIN_STOPPED_WEBHOOK}
      LEFT JOIN LATERAL (
        -- LIMIT 1 forces a lookup by index, in the partition of the id.
        SELECT type, published_at AS "publishedAt", body, deflated_body AS "deflatedBody", context FROM event WHERE id = d.event_id LIMIT 1
      ) AS e ON true
    )
    SELECT state.is_active AS "isActive", state.tenant_status AS "tenantStatus", state.tenant_epoch AS "tenantEpoch", state.is_sequenced AS "isSequenced", state.epoch, state.is_key_active AS "isKeyActive",
      state.last::float8 AS last, state.cursor::float8 AS cursor, state.jumps::float8[] AS jumps, state.after::float8 AS after,
      e.id, e."eventId", e.sequence, e.status, e.reason, e.type, e."publishedAt", e.body, e."deflatedBody", e.context
    FROM state LEFT JOIN entry e ON e.position = 1 OR e.bytes <= ${maxBytes}
    ORDER BY e.sequence`;
  const [first] = rows;
  if (!first) return null;
  const entries = rows.filter(isEntry);
  const payloads = await readPayloads(entries, maxBytes, (text, values) =>
    prisma.$queryRawUnsafe(text, ...values),
  );
  const page = upToLimit(entries, payloads).map((entry) => withPayload(entry, payloads));
  const open = await bodyOpener(payloadKeys, page);
  const {
    isActive,
    tenantStatus,
    tenantEpoch,
    isSequenced: isNumbered,
    epoch,
    isKeyActive,
    last,
    cursor,
    jumps,
    after: position,
  } = first;
  return {
    isActive,
    tenantStatus,
    tenantEpoch,
    isSequenced: isNumbered,
    epoch,
    isKeyActive,
    last,
    cursor,
    jumps: toJumps(jumps),
    after: position,
    entries: page.map((entry) => toEntry(entry, open)),
  };
}

const isEntry = (row: Row): row is Row & EntryRow => row.id !== null;

/** Stored as one list: `from` and `to` of each. */
const toJumps = (stored: readonly number[]): FeedState['jumps'] =>
  stored.flatMap((from, index) => (index % 2 === 0 ? [{ from, to: stored[index + 1] ?? from }] : []));

/** Returns the entries before the first one whose payload is left out. */
function upToLimit<Entry extends EntryRow>(entries: readonly Entry[], payloads: Payloads): readonly Entry[] {
  const end = entries.findIndex(({ eventId }) => payloads.get(eventId) === 'deferred');
  return end === -1 ? entries : entries.slice(0, end);
}

/** An entry with its payload, wherever it is stored. */
type WholeRow = Omit<EntryRow, 'context'> & { context: unknown };

function withPayload(row: EntryRow, payloads: Payloads): WholeRow {
  const payload = payloads.get(row.eventId);
  return payload === undefined || payload === 'deferred' ? row : { ...row, ...payload };
}

function toEntry(row: WholeRow, open: OpenBody): FeedEntry {
  const { id, eventId, sequence, status, reason, type, publishedAt, context, ...stored } = row;
  const { body, isErased } = open(eventId, stored);
  return {
    id,
    eventId,
    sequence,
    status,
    reason,
    event: type === null ? null : { type, publishedAt, body, context },
    isErased,
  };
}
