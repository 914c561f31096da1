import type { EventType } from '../generated/client.js';
import type { Definitions } from './client.js';
import { toJsonOrNull } from './json.js';

export interface EventTypeSettings {
  description: string | null;
  group: string | null;
  schema: Record<string, unknown> | null;
  example: Record<string, unknown> | null;
}

function columns({ schema, example, ...plain }: Partial<EventTypeSettings>) {
  return {
    ...plain,
    ...(schema !== undefined && { schema: toJsonOrNull(schema) }),
    ...(example !== undefined && { example: toJsonOrNull(example) }),
  };
}

/** Adds a type to the catalogue. @returns null when it is there already */
export async function createEventType(
  definitions: Definitions,
  name: string,
  settings: EventTypeSettings,
): Promise<EventType | null> {
  const [created] = await definitions.eventType.createManyAndReturn({
    data: [{ name, ...columns(settings) }],
    skipDuplicates: true,
  });
  return created ?? null;
}

export async function findEventType(definitions: Definitions, name: string): Promise<EventType | null> {
  return definitions.eventType.findUnique({ where: { name } });
}

/** The catalogue by name, after the name `cursor`. */
export async function listEventTypes(
  definitions: Definitions,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: EventType[]; next: string | null }> {
  const rows = await definitions.eventType.findMany({
    where: cursor === undefined ? {} : { name: { gt: cursor } },
    orderBy: { name: 'asc' },
    take: limit + 1,
  });
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
}

/** What is absent stays. @returns null when there is no such type */
export async function updateEventType(
  definitions: Definitions,
  name: string,
  settings: Partial<EventTypeSettings>,
): Promise<EventType | null> {
  const [updated] = await definitions.eventType.updateManyAndReturn({
    where: { name },
    data: { ...columns(settings), updatedAt: new Date() },
  });
  return updated ?? null;
}

/** @returns false when there is no such type */
export async function deleteEventType(definitions: Definitions, name: string): Promise<boolean> {
  const { count } = await definitions.eventType.deleteMany({ where: { name } });
  return count > 0;
}
