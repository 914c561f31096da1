export interface Page<Item> {
  items: readonly Item[];
  /** Null for the last page. */
  next: string | null;
}

/**
 * Yields the items of a list of another product, page by page.
 *
 * @throws Error if a page continues at a cursor that was read before: the list would never end
 */
export async function* allPages<Item>(
  name: string,
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  const cursors = new Set<string>();
  let cursor: string | undefined;
  do {
    const { items, next } = await read(cursor);
    yield* items;
    if (next !== null && cursors.has(next)) throw new Error(`${name}: the list repeats its cursor "${next}"`);
    cursor = next ?? undefined;
    if (cursor !== undefined) cursors.add(cursor);
  } while (cursor !== undefined);
}
