import type pg from 'pg';
import { headsOf, isAmongHeads } from './chain.js';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

/** A condition for the deliveries `d` that have been due for at least `$1` milliseconds, or all if it is null. */
const IS_DUE = `d.next_attempt_at <= coalesce(now() - $1::double precision * interval '1 ms', 'infinity')`;

/** Returns the due deliveries of a page of rows in their order, and its last row if the page is full. */
const listPage = (from: string, order: readonly string[], condition: string): string => `
WITH page AS MATERIALIZED (
  SELECT * FROM pending_delivery d
  WHERE ${from}
  ORDER BY ${order.join(', ')}
  LIMIT $2
), last AS (
  SELECT id AS "lastId", next_attempt_at::text AS "lastAt" FROM page
  WHERE (SELECT count(*) FROM page) = $2
  ORDER BY ${order.map((column) => `${column} DESC`).join(', ')}
  LIMIT 1
), due AS MATERIALIZED (
  SELECT * FROM page d WHERE ${condition}
), ${headsOf('due')}
SELECT last.*, d.* FROM (SELECT) AS one
LEFT JOIN last ON true
LEFT JOIN (SELECT d.next_attempt_at, ${DUE_DELIVERY_COLUMNS} FROM due d WHERE ${isAmongHeads('d')}) AS d ON true
ORDER BY ${order.join(', ')}`;

// Reads the primary key: an index on due times would cost an entry for each delivery. Parked and held deliveries count as read, so that
// a page ends however many of them there are. So do those that wait for others of their chain.
const LIST = listPage(
  'id > $3',
  ['id'],
  `NOT parked AND NOT held AND (NOT $4 OR attempt_count = 0) AND ${IS_DUE}`,
);

const LIST_RETRIES = listPage(
  `attempt_count > 0 AND NOT parked AND NOT held AND ${IS_DUE} AND (next_attempt_at, id) > ($4::timestamptz, $3::uuid)`,
  ['next_attempt_at', 'id'],
  'true',
);

const LIST_BY_ID = `
WITH due AS MATERIALIZED (
  SELECT * FROM pending_delivery d WHERE id = ANY ($2::uuid[]) AND NOT parked AND NOT held AND ${IS_DUE}
), ${headsOf('due')}
SELECT ${DUE_DELIVERY_COLUMNS} FROM due d WHERE ${isAmongHeads('d')}
ORDER BY id`;

/** The last row that a page has read. */
export interface PageEnd {
  id: string;
  /** Its due time, as text: a `Date` is less precise. */
  dueAt: string;
}

export interface DuePage {
  /** Parked and held deliveries are not among them, nor those that wait for others of their chain. */
  deliveries: DueDelivery[];
  /** Null if this was the last page. */
  end: PageEnd | null;
}

export interface DuePageRequest {
  /** Since when the deliveries have been due, in milliseconds. Null for all that are neither parked nor held. */
  overdueMs: number | null;
  /** Null for the first page. */
  after: PageEnd | null;
  /** Maximum number of rows to read. */
  limit: number;
}

const FIRST: PageEnd = { id: '00000000-0000-0000-0000-000000000000', dueAt: '-infinity' };

/** Returns a page of the due deliveries in order of their ids, or only of those that wait for their first attempt. */
export async function listDueDeliveries(
  pool: pg.Pool,
  { overdueMs, after, limit, firstAttempts = false }: DuePageRequest & { firstAttempts?: boolean },
): Promise<DuePage> {
  const { id } = after ?? FIRST;
  const { rows } = await pool.query<PageRow>(LIST, [overdueMs, limit, id, firstAttempts]);
  return toPage(rows);
}

/** Returns a page of the due retries in order of their due times. */
export async function listDueRetries(
  pool: pg.Pool,
  { overdueMs, after, limit }: DuePageRequest,
): Promise<DuePage> {
  const { id, dueAt } = after ?? FIRST;
  const { rows } = await pool.query<PageRow>(LIST_RETRIES, [overdueMs, limit, id, dueAt]);
  return toPage(rows);
}

/** Returns the deliveries, among the given ones, that have been due for at least `overdueMs`, or all if it is null, are neither parked nor held, and wait for no other of their chain. */
export async function findDueDeliveries(
  pool: pg.Pool,
  { ids, overdueMs }: { ids: readonly string[]; overdueMs: number | null },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(LIST_BY_ID, [overdueMs, ids]);
  return rows.map(toDueDelivery);
}

type PageRow = { lastId: string | null; lastAt: string | null } & (DueDeliveryRow | { id: null });

function toPage(rows: readonly PageRow[]): DuePage {
  const [first] = rows;
  const isEnd = !first || first.lastId === null || first.lastAt === null;
  return {
    deliveries: rows.flatMap((row) => (row.id === null ? [] : [toDueDelivery(row)])),
    end: isEnd ? null : { id: first.lastId ?? '', dueAt: first.lastAt ?? '' },
  };
}
