import { csvHeader, csvRows, serializeRows } from '@posthorn/core/json';
import type { Pool } from '@posthorn/database/connection';
import { readUsage, type UsageFilter, type UsagePage, type UsagePosition } from '@posthorn/database/usage';
import { serializeUsage } from './serialize-usage.js';

export type RowFormat = 'csv' | 'ndjson';

interface StreamedUsage {
  pool: Pool;
  filter: UsageFilter;
  after: UsagePosition | undefined;
  format: RowFormat;
}

const COLUMNS = ['day', 'tenantId', 'tenantName', 'events', 'deliveries', 'attempts', 'bytes'];

/** Rows in memory at a time. */
const PAGE_SIZE = 5000;

/** Reads the first page, so that an error is still a response, and returns the texts of all of them. */
export async function usageTexts({
  pool,
  filter,
  after,
  format,
}: StreamedUsage): Promise<AsyncIterable<string>> {
  const read = (position: UsagePosition | undefined): Promise<UsagePage> =>
    readUsage(pool, filter, { limit: PAGE_SIZE, after: position });
  const first = await read(after);

  async function* texts(): AsyncGenerator<string, void, void> {
    if (format === 'csv') yield csvHeader(COLUMNS);
    for (let page = first; ; page = await read(page.next)) {
      const rows = page.items.map(serializeUsage);
      yield format === 'csv' ? csvRows(rows, COLUMNS) : serializeRows(rows, format);
      if (page.next === null) return;
    }
  }

  return texts();
}
