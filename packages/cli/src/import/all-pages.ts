export interface Page<Item> {
  items: readonly Item[];
  /** Null for the last page. */
  next: string | null;
}

/** A list of another product. */
export interface PagedList<Item> {
  /** Names the list in errors. */
  name: string;
  read: (cursor: string | undefined) => Promise<Page<Item>>;
  /** Returns what identifies an item in the list. */
  idOf: (item: Item) => string;
}

/** Pages in a row without a new item. A page may be empty because its items were deleted, but not one after the other. */
const MAX_PAGES_WITHOUT_NEWS = 5;
const MAX_PAGES = 10_000;

/**
 * Yields the items of a list, page by page.
 *
 * @throws Error if the list does not end: a page continues at a cursor that was read before, several pages in a row have no new items,
 * or there are more than `MAX_PAGES`
 */
export async function* allPages<Item>({ name, read, idOf }: PagedList<Item>): AsyncGenerator<Item> {
  const ids = new Set<string>();
  const cursors = new Set<string>();
  let cursor: string | undefined;
  let withoutNews = 0;
  for (let pages = 1; ; pages += 1) {
    const { items, next } = await read(cursor);
    yield* items;
    if (next === null) return;
    const known = ids.size;
    for (const item of items) ids.add(idOf(item));
    withoutNews = ids.size === known ? withoutNews + 1 : 0;
    if (withoutNews === MAX_PAGES_WITHOUT_NEWS)
      throw new Error(`${name}: ${withoutNews} pages in a row have nothing new, so the list does not end`);
    if (pages === MAX_PAGES)
      throw new Error(`${name}: it has more than ${MAX_PAGES.toLocaleString('en')} pages`);
    if (cursors.has(next)) throw new Error(`${name}: it repeats its cursor "${next}"`);
    cursors.add(next);
    cursor = next;
  }
}
