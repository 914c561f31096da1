import { idFloor } from '../ids/id-floor.js';

/** A page of a list: at most `limit` items, after the item with the id `cursor`. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface Page<Item> {
  items: Item[];
  /** The cursor of the next page. Null for the last page. */
  next: string | null;
}

/** Returns a page from up to `limit + 1` rows. The extra row shows that there is a next page. */
export function toPage<Item extends { id: string }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** A creation time range: at or after `from`, before `to`. Applied to the id, a UUIDv7. */
export interface TimeRange {
  from?: Date | undefined;
  to?: Date | undefined;
}

/** Returns bounds of the id for a time range and a cursor. Lists are newest first, so a page continues below its cursor. */
export function idBounds({ from, to, cursor }: TimeRange & { cursor?: string | undefined }) {
  const below = [cursor, to && idFloor(to.getTime())].filter((id) => id !== undefined).toSorted();
  return { ...(from && { gte: idFloor(from.getTime()) }), ...(below[0] !== undefined && { lt: below[0] }) };
}
