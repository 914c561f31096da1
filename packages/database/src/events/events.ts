import { attributesIn, type EventAttributes, type EventContext } from '@posthorn/core';
import { type Event as EventRow, Prisma } from '../generated/client.js';
import { occurredAtOf, START_OF_BODY, type StartOfBody } from './occurred-at.js';
import { historyDayIn, occurredAtIn, payloadDayIn } from './payload-day.js';
import { type Payloads, readPayloads } from './read-payloads.js';
import { bodyOpener, isErased, type OpenBody, showsErasedSql, type StoredBody } from './stored-body.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from '../prisma-client/page.js';
import { whereClause } from '../prisma-client/where-clause.js';

/** @property tenantId null for all tenants */
interface EventFilter extends TimeRange {
  tenantId: string | null;
  type?: string | undefined;
}

export interface Event extends Omit<EventRow, keyof StoredBody> {
  /** The request body, byte for byte as it is signed and sent. Null if it was erased, or has expired before the event. */
  body: string | null;
  /** The `timestamp` in the body, RFC 3339. When it was published, if the body was erased. */
  occurredAt: string;
  /** As `payloadDayIn` returns it. */
  payloadDay: string | null | undefined;
  /** As `historyDayIn` returns it. */
  historyDay: string | null;
  isErased: boolean;
}

/** An event without its body, which may be large. */
export type EventSummary = Omit<Event, 'body' | 'payloadDay' | 'historyDay'>;

const SELECT = Prisma.sql`
SELECT id, tenant_id AS "tenantId", type, published_at AS "publishedAt", ${Prisma.raw(`${START_OF_BODY}, ${showsErasedSql('event')}`)} AS "isErased" FROM event`;

type Row = Omit<EventSummary, 'occurredAt'> & StartOfBody;

function toSummary({ body, deflatedBody, contextTime = null, ...event }: Row): EventSummary {
  const occurredAt = occurredAtOf({ body, deflatedBody, contextTime }, event.publishedAt);
  return { ...event, occurredAt };
}

/**
 * Returns events, newest first. The time range applies to the id, which is fast, except for the few events whose id has
 * a later time than their publication. An id derived from a key has the time at which the event occurred.
 */
export async function listEvents(
  prisma: PrismaDb,
  { tenantId, type, from, to }: EventFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<EventSummary>> {
  const { gte, lt } = idBounds({ from, to, cursor });
  const ofFilter = [
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
    type !== undefined && Prisma.sql`type = ${type}`,
    // No displaced event is published after the time in its id.
    gte !== undefined && Prisma.sql`id >= ${gte}::uuid`,
  ];
  const newest = (conditions: (Prisma.Sql | false)[]) => Prisma.sql`
    ${SELECT} ${whereClause([...ofFilter, ...conditions])} ORDER BY id DESC LIMIT ${limit + 1}`;
  const below = lt !== undefined && Prisma.sql`id < ${lt}::uuid`;
  if (from === undefined && to === undefined) {
    return toPage((await prisma.$queryRaw<Row[]>(newest([below]))).map(toSummary), limit);
  }

  const displaced = newest([
    Prisma.sql`displaced`,
    cursor !== undefined && Prisma.sql`id < ${cursor}::uuid`,
    from !== undefined && Prisma.sql`published_at >= ${from}`,
    to !== undefined && Prisma.sql`published_at < ${to}`,
  ]);
  const rows = await prisma.$queryRaw<Row[]>`
    (${newest([Prisma.sql`NOT displaced`, below])}) UNION ALL (${displaced}) ORDER BY id DESC LIMIT ${limit + 1}`;
  return toPage(rows.map(toSummary), limit);
}

/** Returns what an event was published with besides its body; null without any. */
export function eventAttributesOf({ context }: { context: unknown }): EventAttributes | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is stored by accept-events
  return attributesIn(context as EventContext);
}

/**
 * @param tenantId null for all tenants
 * @param payloadKeys they open what is sealed
 */
export async function findEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
  payloadKeys: PayloadKeys,
): Promise<Event | null> {
  const row = await prisma.event.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
  const [event] = row ? await withPayloads(prisma, [row], payloadKeys) : [];
  return event ?? null;
}

/** Returns whole events of a tenant, newest first. */
export async function listWholeEvents(
  prisma: PrismaDb,
  { tenantId, payloadKeys }: { tenantId: string; payloadKeys: PayloadKeys },
  { limit, cursor }: PageRequest,
): Promise<Page<Event>> {
  const rows = await prisma.event.findMany({
    where: { tenantId, ...(cursor !== undefined && { id: { lt: cursor } }) },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const { items, next } = toPage(rows, limit);
  return { items: await withPayloads(prisma, items, payloadKeys), next };
}

/** Returns events with their payloads, also with those that are sealed or stored apart. */
async function withPayloads(
  prisma: PrismaDb,
  rows: readonly EventRow[],
  payloadKeys: PayloadKeys,
): Promise<Event[]> {
  const payloads = await readPayloads(
    rows.map(({ id, context }) => ({ eventId: id, context })),
    Number.MAX_SAFE_INTEGER,
    (text, values) => prisma.$queryRawUnsafe(text, ...values),
  );
  const stored = rows.map((row) => storedOf(row, payloads));
  const open = await bodyOpener(payloadKeys, stored);
  return rows.map((row, index) => toEvent(row, stored[index] ?? row, open));
}

function storedOf(row: EventRow, payloads: Payloads): StoredBody & { context: unknown } {
  const payload = payloads.get(row.id);
  return payload === undefined || payload === 'deferred' ? row : payload;
}

function toEvent(row: EventRow, stored: ReturnType<typeof storedOf>, open: OpenBody): Event {
  const { body, isErased: isPayloadErased } = open(row.id, stored);
  return {
    ...row,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is stored by accept-events
    context: stored.context as EventRow['context'],
    body,
    occurredAt: occurredAtOf({ ...stored, contextTime: occurredAtIn(row.context) }, row.publishedAt),
    payloadDay: payloadDayIn(row.context),
    historyDay: historyDayIn(row.context),
    isErased: isPayloadErased || isErased(row),
  };
}
