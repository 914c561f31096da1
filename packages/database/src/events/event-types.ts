import type { Actor, AuditAction } from '@posthorn/core';
import type { EventType } from '../generated/client.js';
import { audit, changedFields, type AuditSnapshot } from '../access/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma/client.js';
import { toJsonOrNull } from '../prisma/json.js';

export interface EventTypeSettings {
  description: string | null;
  group: string | null;
  schema: Record<string, unknown> | null;
  example: Record<string, unknown> | null;
  /** JSON Pointers into the data. */
  searchKeys: string[];
  /** A JSON Pointer into the data. Null for none. */
  orderingPointer: string | null;
}

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
  settings: EventTypeSettings,
  actor: Actor,
): Promise<EventType | null> {
  return prisma.$transaction(async (transaction) => {
    const [created] = await transaction.eventType.createManyAndReturn({
      data: [{ name, ...columns(settings) }],
      skipDuplicates: true,
    });
    if (!created) return null;
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
  description,
  group,
  schema,
  example,
  searchKeys,
  orderingPointer,
}: EventType): AuditSnapshot => ({
  description,
  group,
  schema,
  example,
  searchKeys,
  orderingPointer,
});

/** Locks a type until the transaction ends, and returns it. */
async function lockEventType(transaction: PrismaTransaction, name: string): Promise<EventType | null> {
  await transaction.$queryRaw`SELECT FROM event_type WHERE name = ${name} FOR UPDATE`;
  return transaction.eventType.findUnique({ where: { name } });
}

export async function findEventType(prisma: PrismaDb, name: string): Promise<EventType | null> {
  return prisma.eventType.findUnique({ where: { name } });
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
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
}

/** Updates an event type. Absent settings stay as they are. @returns null if the type does not exist */
export async function updateEventType(
  prisma: PrismaDb,
  name: string,
  settings: Partial<EventTypeSettings>,
  actor: Actor,
): Promise<EventType | null> {
  return prisma.$transaction(async (transaction) => {
    const before = await lockEventType(transaction, name);
    if (!before) return null;
    const updated = await transaction.eventType.update({
      where: { name },
      data: { ...columns(settings), updatedAt: new Date() },
    });
    const changed = changedFields(toSnapshot(before), toSnapshot(updated));
    if (changed) await audit(transaction, actor, { ...auditEntry('event_type.updated', name), ...changed });
    return updated;
  });
}

/** Deletes an event type. @returns false if it does not exist */
export async function deleteEventType(prisma: PrismaDb, name: string, actor: Actor): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const before = await lockEventType(transaction, name);
    if (!before) return false;
    await transaction.eventType.delete({ where: { name } });
    await audit(transaction, actor, {
      ...auditEntry('event_type.deleted', name),
      before: toSnapshot(before),
      after: null,
    });
    return true;
  });
}
