import type pg from 'pg';

/** A row of an outbox. Its texts are cut off where they are longer than what is valid. */
export interface OutboxRow {
  position: string;
  /** A UUID. */
  id: string;
  type: string;
  data: string;
  /** The length of the row in bytes. */
  bytes: number;
  tenant: string | null;
  /** In ISO 8601, or `infinity`. */
  occurredAt: string | null;
  metadata: string | null;
  orderingKey: string | null;
  createdAtMs: number;
}

export interface OutboxPage {
  /** No row at or below it is read. */
  after: string;
  /** Positions that are not read. */
  except: readonly string[];
  /** Rows outside these times are not read. */
  createdFrom: Date;
  createdTo: Date;
  limit: number;
  /** Maximum number of bytes of one row, whose data is otherwise cut off, and of all rows but the first. */
  maxRowBytes: number;
  maxBytes: number;
}

/** Maximum numbers of characters, more than what is valid. */
export const MAX_TYPE = 300;
export const MAX_TENANT = 100;
export const MAX_METADATA = 64 * 1024;
export const MAX_ORDERING_KEY = 300;

/** The length of stored texts is known without reading them. */
const BYTES = `octet_length(type) + octet_length(data) + coalesce(octet_length(tenant), 0) + coalesce(octet_length(metadata), 0)
  + coalesce(octet_length(ordering_key), 0)`;

const READ = `
WITH next AS (
  SELECT position, ${BYTES} AS bytes, sum(${BYTES}) OVER (ORDER BY position) AS total
  FROM posthorn.outbox
  WHERE position > $1 AND position <> ALL ($2::bigint[]) AND created_at BETWEEN $3 AND $4
  ORDER BY position
  LIMIT $5
)
SELECT o.position, o.id, left(o.type, ${MAX_TYPE}) AS type,
  CASE WHEN n.bytes <= $6 THEN o.data ELSE left(o.data, $6 / 4) END AS data, n.bytes, left(o.tenant, ${MAX_TENANT}) AS tenant,
  to_json(o.occurred_at) #>> '{}' AS "occurredAt", left(o.metadata, ${MAX_METADATA}) AS metadata,
  left(o.ordering_key, ${MAX_ORDERING_KEY}) AS "orderingKey",
  floor(extract(epoch FROM o.created_at) * 1000)::float8 AS "createdAtMs"
FROM next n JOIN posthorn.outbox o ON o.position = n.position
WHERE n.total - n.bytes <= $7
ORDER BY o.position`;

/** Reads the first rows of an outbox, in the order of their positions. */
export async function readOutbox(pool: pg.Pool, page: OutboxPage): Promise<OutboxRow[]> {
  const { after, except, createdFrom, createdTo, limit, maxRowBytes, maxBytes } = page;
  const parameters = [after, except, createdFrom, createdTo, limit, maxRowBytes, maxBytes];
  const { rows } = await pool.query<OutboxRow>(READ, parameters);
  return rows;
}

/** Deletes rows that were ingested. */
export async function deleteFromOutbox(pool: pg.Pool, rows: readonly OutboxRow[]): Promise<void> {
  const positions = rows.map(({ position }) => position);
  const ids = rows.map(({ id }) => id);
  // With the ids, because a truncated outbox uses its positions again.
  await pool.query(
    'DELETE FROM posthorn.outbox WHERE position = ANY ($1::bigint[]) AND id = ANY ($2::uuid[])',
    [positions, ids],
  );
}

/** The state of an outbox. */
export interface OutboxState {
  /** At most `MAX_COUNTED_ROWS`. */
  rows: number;
  /** Age of the oldest row in seconds; 0 without rows. */
  oldestSeconds: number;
  /** Rows that are kept, because they were created outside the times of `OutboxPage`. At most `MAX_COUNTED_ROWS`. */
  refused: number;
}

/** More rows are not counted, so that the state is read quickly. */
export const MAX_COUNTED_ROWS = 100_000;

const STATE = `
SELECT count(*)::integer AS rows,
  coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE isfinite(created_at))), 0)::float8
    AS "oldestSeconds",
  (count(*) FILTER (WHERE created_at NOT BETWEEN $2 AND $3))::integer AS refused
FROM (
  SELECT created_at FROM posthorn.outbox WHERE position > $1 ORDER BY position LIMIT ${MAX_COUNTED_ROWS}
) AS first`;

export async function readOutboxState(
  pool: pg.Pool,
  { after, createdFrom, createdTo }: Pick<OutboxPage, 'after' | 'createdFrom' | 'createdTo'>,
): Promise<OutboxState> {
  const { rows } = await pool.query<OutboxState>(STATE, [after, createdFrom, createdTo]);
  return rows[0] ?? { rows: 0, oldestSeconds: 0, refused: 0 };
}
