import { OutboxBound } from '../outbox-bound.js';
import type { OutboxQuery, OutboxSource, OutboxTimes } from '../outbox-source.js';
import {
  MAX_COUNTED_ROWS,
  MAX_METADATA,
  MAX_ORDERING_KEY,
  MAX_TENANT,
  MAX_TYPE,
  type OutboxRow,
  type OutboxState,
} from '../read-outbox.js';
import type { Mariadb } from './connect-mariadb.js';
import { mariadbPositions } from './mariadb-positions.js';

// Without the hints, MariaDB may read a small table from its start: deleted rows, and rows for whose locks a deletion waits.
//
// The rows are limited before the sum is calculated, which MariaDB would otherwise do for the whole table. Their texts are read only after
// that, in the order of the join.
const READ = `
SELECT cast(o.position AS char) AS position, o.id, left(o.type, ${MAX_TYPE}) AS type,
  CASE WHEN n.bytes <= ? THEN o.data ELSE left(o.data, ?) END AS data, n.bytes, left(o.tenant, ${MAX_TENANT}) AS tenant,
  date_format(o.occurred_at, '%Y-%m-%dT%H:%i:%s.%fZ') AS occurredAt, left(o.metadata, ${MAX_METADATA}) AS metadata,
  left(o.ordering_key, ${MAX_ORDERING_KEY}) AS orderingKey,
  cast(floor(unix_timestamp(o.created_at) * 1000) AS integer) AS createdAtMs
FROM (
  SELECT position, bytes, sum(bytes) OVER (ORDER BY position) AS total
  FROM (
    SELECT position, bytes FROM posthorn_outbox FORCE INDEX (PRIMARY)
    WHERE position > cast(? AS unsigned) AND position NOT IN (?) AND unix_timestamp(created_at) BETWEEN ? AND ?
    ORDER BY position
    LIMIT ?
  ) AS first
) AS n STRAIGHT_JOIN posthorn_outbox o FORCE INDEX (PRIMARY) ON o.position = n.position
WHERE n.total - n.bytes <= ?
ORDER BY o.position`;

const DELETE =
  'DELETE o FROM posthorn_outbox o FORCE INDEX (PRIMARY) WHERE o.position IN (?) AND o.id IN (?)';

const STATE = `
SELECT count(*) AS \`rows\`, coalesce(unix_timestamp(sysdate(6)) - min(created), 0) + 0e0 AS oldestSeconds,
  cast(coalesce(sum(created NOT BETWEEN ? AND ?), 0) AS integer) AS refused
FROM (
  SELECT unix_timestamp(created_at) AS created FROM posthorn_outbox FORCE INDEX (PRIMARY)
  WHERE position > cast(? AS unsigned) ORDER BY position LIMIT ${MAX_COUNTED_ROWS}
) AS first`;

/** An outbox in MariaDB. */
export class MariadbOutbox implements OutboxSource {
  readonly #mariadb: Mariadb;
  readonly #bound: OutboxBound;

  constructor(mariadb: Mariadb) {
    this.#mariadb = mariadb;
    this.#bound = new OutboxBound(mariadbPositions(mariadb));
  }

  async ping(): Promise<void> {
    const [server] = await this.#mariadb.query<{ isReadOnly: unknown }>(
      'SELECT @@global.read_only AS isReadOnly',
    );
    if (Number(server?.isReadOnly) !== 0) throw new Error('The server is read-only; it may be a replica');
  }

  read({ except, limit, maxRowBytes, maxBytes, ...times }: OutboxQuery): Promise<OutboxRow[]> {
    const [from, to] = secondsOf(times);
    return this.#mariadb.query(READ, [
      maxRowBytes,
      Math.floor(maxRowBytes / 4),
      this.#bound.value,
      // The list must not be empty.
      [this.#bound.value, ...except],
      from,
      to,
      limit,
      maxBytes,
    ]);
  }

  async delete(rows: readonly OutboxRow[]): Promise<void> {
    // With the ids, because a truncated outbox uses its positions again.
    await this.#mariadb.query(DELETE, [rows.map(({ position }) => position), rows.map(({ id }) => id)]);
  }

  async state(times: OutboxTimes): Promise<OutboxState> {
    const [state] = await this.#mariadb.query<OutboxState>(STATE, [...secondsOf(times), this.#bound.value]);
    return state ?? { rows: 0, oldestSeconds: 0, refused: 0 };
  }

  advance(): Promise<void> {
    return this.#bound.advance();
  }

  check(): Promise<void> {
    return this.#bound.check();
  }

  onRows(): void {}

  stop(): Promise<void> {
    return this.#mariadb.stop();
  }
}

/** As numbers, because MariaDB compares a TIMESTAMP only with times from 1970 to 2038. */
const secondsOf = ({ createdFrom, createdTo }: OutboxTimes): [number, number] => [
  createdFrom.getTime() / 1000,
  createdTo.getTime() / 1000,
];
