import { encodeCursor } from '@posthorn/contract';
import type { Page } from '@posthorn/database/prisma-client';

/** Serializes a page of a list. */
export function serializePage<Item, Serialized>(
  { items, next }: Page<Item>,
  serialize: (item: Item) => Serialized,
): { data: Serialized[]; nextCursor: string | null } {
  return { data: items.map(serialize), nextCursor: next === null ? null : encodeCursor(next) };
}

/** Formats a time in RFC 3339. */
export function timeOrNull(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
