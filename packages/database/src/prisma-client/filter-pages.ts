import { type Page, type PageRequest, toPage } from './page.js';

/** Number of items that are read at a time. */
const BATCH = 500;

/** Maximum number of items that are read for a page. */
const MAX_READ = 10 * BATCH;

interface Filter<Item> {
  read: (page: PageRequest) => Promise<Page<Item>>;
  matches: (item: Item) => boolean;
  /** After this time, in milliseconds, nothing more is read. */
  timeoutMs: number;
}

/**
 * Returns the matching items of a list. Reads a limited number of items, for a limited time, however few of them match: the page may have fewer than `limit`
 * items, even none, and a cursor from which the next call continues.
 */
export async function filterPages<Item extends { id: string }>(
  { limit, cursor }: PageRequest,
  { read, matches, timeoutMs }: Filter<Item>,
): Promise<Page<Item>> {
  const endMs = performance.now() + timeoutMs;
  const found: Item[] = [];
  let next = cursor ?? null;
  for (let count = 0; count < MAX_READ; count += BATCH) {
    const page = await read({ limit: BATCH, cursor: next ?? undefined });
    found.push(...page.items.filter(matches));
    next = page.next;
    if (found.length > limit) return toPage(found, limit);
    if (next === null || performance.now() >= endMs) break;
  }
  return { items: found, next };
}
