import { encodeCursor } from '@posthorn/contract';
import type { Page } from '@posthorn/database/prisma';

/** A page as the API answers it. */
export function serializePage<Item, Presented>(
  { items, next }: Page<Item>,
  present: (item: Item) => Presented,
): { data: Presented[]; nextCursor: string | null } {
  return { data: items.map(present), nextCursor: next === null ? null : encodeCursor(next) };
}

/** A moment as the API writes it. */
export function timeOrNull(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
