/** What every list takes: at most `limit` items, after the one with the id `cursor`. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface Page<Item> {
  items: Item[];
  /** The id of the last item when there are more. */
  next: string | null;
}

/** Cuts what was read with one more than `limit` down to a page. */
export function toPage<Item extends { id: string }>(read: Item[], limit: number): Page<Item> {
  const items = read.slice(0, limit);
  return { items, next: read.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Bounds in time of things whose id says when they were made: from `from`, before `to`. */
export interface TimeRange {
  from?: Date | undefined;
  to?: Date | undefined;
}

/** The same bounds on the id. A page goes on below its cursor. */
export function idBounds({ from, to, cursor }: TimeRange & { cursor?: string | undefined }) {
  const below = [cursor, to && idFloor(to.getTime())].filter((id) => id !== undefined).toSorted();
  return { ...(from && { gte: idFloor(from.getTime()) }), ...(below[0] !== undefined && { lt: below[0] }) };
}

const LAST_ID_MS = 2 ** 48 - 1;

/** The least UUIDv7 of a moment. */
export function idFloor(timeMs: number): string {
  const hex = Math.min(Math.max(timeMs, 0), LAST_ID_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
