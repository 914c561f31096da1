import type { Actor, AuditAction } from '@posthorn/core';
import type { EventType as EventTypeRow } from '../generated/client.js';
import { audit, changedFields, type AuditSnapshot } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { toJsonOrNull } from '../prisma-client/json.js';
import { prepareRetention } from '../retention/prepare-retention.js';

/** An event type. `prisma/schema.prisma` describes its columns. */
export interface EventType extends Omit<EventTypeRow, 'schema' | 'example'> {
  schema: Record<string, unknown> | null;
  example: Record<string, unknown> | null;
}

type EventTypeSettings = Omit<EventType, 'name' | 'formerOrderingPointers' | 'createdAt' | 'updatedAt'>;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes both columns
const toEventType = (row: EventTypeRow): EventType => row as EventType;

function columns({ schema, example, ...plain }: Partial<EventTypeSettings>) {
  return {
    ...plain,
    ...(schema !== undefined && { schema: toJsonOrNull(schema) }),
    ...(example !== undefined && { example: toJsonOrNull(example) }),
  };
}

/** Adds a type to the catalog. @returns null if it already exists */
export async function createEventType(
  prisma: PrismaDb,
  name: string,
  settings: Partial<EventTypeSettings>,
  actor: Actor,
): Promise<EventType | null> {
  return prisma.$transaction(async (transaction) => {
    const [row] = await transaction.eventType.createManyAndReturn({
      data: [{ name, ...columns(settings) }],
      skipDuplicates: true,
    });
    if (!row) return null;
    const created = toEventType(row);
    await prepareRetention(transaction, settings);
    await audit(transaction, actor, {
      ...auditEntry('event_type.created', name),
      before: null,
      after: toSnapshot(created),
    });
    return created;
  });
}

/** The catalog is shared by all tenants, so audit entries have none. */
const auditEntry = (action: AuditAction, name: string) => ({ action, tenantId: null, target: name });

const toSnapshot = ({
  name: _name,
  formerOrderingPointers: _former,
  createdAt: _created,
  updatedAt: _updated,
  payloadDays,
  historyDays,
  ...settings
}: EventType): AuditSnapshot => ({ ...settings, retention: { payloadDays, historyDays } });

/** Locks a type until the transaction ends, and returns it. */
async function lockEventType(transaction: PrismaTransaction, name: string): Promise<EventType | null> {
  await transaction.$queryRaw`SELECT FROM event_type WHERE name = ${name} FOR UPDATE`;
  return findEventType(transaction, name);
}

export async function findEventType(
  prisma: Pick<PrismaDb | PrismaTransaction, 'eventType'>,
  name: string,
): Promise<EventType | null> {
  const row = await prisma.eventType.findUnique({ where: { name } });
  return row && toEventType(row);
}

/** Returns event types by name, after the name `cursor`. */
export async function listEventTypes(
  prisma: PrismaDb,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: EventType[]; next: string | null }> {
  const rows = await prisma.eventType.findMany({
    where: cursor === undefined ? {} : { name: { gt: cursor } },
    orderBy: { name: 'asc' },
    take: limit + 1,
  });
  const items = rows.slice(0, limit).map(toEventType);
  return { items, next: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
}

/** Returns event types that a tenant has events of, or subscribes to by name, by name, after the name `cursor`. */
export async function listUsedEventTypes(
  prisma: PrismaDb,
  tenantId: string,
  { limit, cursor = '' }: { limit: number; cursor?: string | undefined },
): Promise<EventType[]> {
  // One look into an index for each type and day.
  const used = await prisma.$queryRaw<{ name: string }[]>`
    SELECT name FROM event_type t
    WHERE name > ${cursor} AND (
      EXISTS (SELECT FROM event e WHERE e.tenant_id = ${tenantId}::uuid AND e.type = t.name)
      OR EXISTS (SELECT FROM webhook_subscription s WHERE s.tenant_id = ${tenantId}::uuid AND s.pattern = t.name)
    )
    ORDER BY name LIMIT ${limit}`;
  const rows = await prisma.eventType.findMany({
    where: { name: { in: used.map(({ name }) => name) } },
    orderBy: { name: 'asc' },
  });
  return rows.map(toEventType);
}

interface EventTypeChange {
  settings: Partial<EventTypeSettings>;
  actor: Actor;
  /** Throws if the change from one to the other is not allowed. */
  assertAllowed: (before: EventType, after: EventType) => void;
}

/** Updates an event type. Absent settings stay as they are. @returns null if the type does not exist */
export async function updateEventType(
  prisma: PrismaDb,
  name: string,
  { settings, actor, assertAllowed }: EventTypeChange,
): Promise<EventType | null> {
  return prisma.$transaction(async (transaction) => {
    const before = await lockEventType(transaction, name);
    if (!before) return null;
    const row = await transaction.eventType.update({
      where: { name },
      data: { ...columns(settings), ...formerPointers(before, settings), updatedAt: new Date() },
    });
    const updated = toEventType(row);
    assertAllowed(before, updated);
    await prepareRetention(transaction, settings);
    const changed = changedFields(toSnapshot(before), toSnapshot(updated));
    if (changed) await audit(transaction, actor, { ...auditEntry('event_type.updated', name), ...changed });
    return updated;
  });
}

/** Keeps the ordering pointer that a change replaces. */
function formerPointers(
  { orderingPointer, formerOrderingPointers }: EventType,
  { orderingPointer: next }: Partial<EventTypeSettings>,
): { formerOrderingPointers?: string[] } {
  if (orderingPointer === null || next === undefined || next === orderingPointer) return {};
  return { formerOrderingPointers: [...new Set([...formerOrderingPointers, orderingPointer])] };
}

interface EventTypeDeletion {
  actor: Actor;
  /** Throws if the type must not be deleted. */
  assertAllowed: (type: EventType) => void;
}

/** Deletes an event type. @returns false if it does not exist */
export async function deleteEventType(
  prisma: PrismaDb,
  name: string,
  { actor, assertAllowed }: EventTypeDeletion,
): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const before = await lockEventType(transaction, name);
    if (!before) return false;
    assertAllowed(before);
    await transaction.eventType.delete({ where: { name } });
    await audit(transaction, actor, {
      ...auditEntry('event_type.deleted', name),
      before: toSnapshot(before),
      after: null,
    });
    return true;
  });
}
