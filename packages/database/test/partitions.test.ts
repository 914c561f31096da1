import { describe, expect, it } from '@jest/globals';
import { derivedId } from '@posthorn/core';
import { acceptEvents } from '../src/events/accept-events.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { findDefaultPartitionRows } from '../src/retention/find-default-partition-rows.js';
import { newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** The number of tables that are partitioned by day. */
const TABLES = 4;

/** Inserts an event and one of its values with an id of this moment, and returns the partition of the event. */
async function partitionOf(moment: string): Promise<string> {
  const id = derivedId(moment, new Date(moment).getTime());
  await acceptEvents(db.pool, [newEvent({ id, searchValues: [{ digest: id, pointer: '/id' }] })]);
  const { rows } = await db.pool.query<{ name: string }>(
    'SELECT tableoid::regclass::text AS name FROM event WHERE id = $1',
    [id],
  );
  return rows[0]?.name ?? 'none';
}

const tables = async (pattern: string): Promise<string[]> => {
  const { rows } = await db.pool.query<{ name: string }>(
    'SELECT relname AS name FROM pg_class WHERE relkind = $1 AND relname ~ $2 ORDER BY relname',
    ['r', pattern],
  );
  return rows.map((row) => row.name);
};

describe('createPartitions', () => {
  it('creates the partitions from yesterday to seven days ahead, once', async () => {
    const today = new Date('2031-05-30T23:59:59.999Z');
    expect(await createPartitions(db.pool, today)).toBe(TABLES * 9);
    expect(await tables('^event_203105|^event_203106')).toEqual(
      ['0529', '0530', '0531', '0601', '0602', '0603', '0604', '0605', '0606'].map(
        (day) => `event_2031${day}`,
      ),
    );
    expect(await createPartitions(db.pool, today)).toBe(0);
    expect(await createPartitions(db.pool, new Date('2031-05-31T00:00:00Z'))).toBe(TABLES);
  });

  it('creates each partition once for concurrent callers', async () => {
    const day = new Date('2032-01-01T00:00:00Z');
    const created = await Promise.all([1, 2, 3].map(() => createPartitions(db.pool, day)));
    expect(created.toSorted((a, b) => a - b)).toEqual([0, 0, TABLES * 9]);
  });

  it('routes each row to the UTC day of its id', async () => {
    await createPartitions(db.pool, new Date('2033-03-01T00:00:00Z'));
    expect(await partitionOf('2033-03-01T00:00:00.000Z')).toBe('event_20330301');
    expect(await partitionOf('2033-03-01T23:59:59.999Z')).toBe('event_20330301');
    expect(await partitionOf('2033-03-02T00:00:00.000Z')).toBe('event_20330302');
  });

  it('creates all indexes of the table, including partial ones, as in the partitions of the migration', async () => {
    await createPartitions(db.pool, new Date('2034-01-01T00:00:00Z'));
    const { rows } = await db.pool.query<{ parent: string; partitions: number; indexes: number[] }>(`
      SELECT parent.relname AS parent, count(*)::int AS partitions,
        array_agg(DISTINCT (SELECT count(*)::int FROM pg_index WHERE indrelid = partition.oid)) AS indexes
      FROM pg_inherits JOIN pg_class parent ON parent.oid = inhparent JOIN pg_class partition ON partition.oid = inhrelid
      WHERE parent.relname IN ('event', 'event_search_value', 'settled_delivery_class_0', 'earlier_attempt_class_0')
      GROUP BY parent.relname ORDER BY parent.relname`);
    expect(rows.map(({ parent, indexes }) => [parent, indexes])).toEqual([
      ['earlier_attempt_class_0', [2]],
      ['event', [4]],
      ['event_search_value', [2]],
      ['settled_delivery_class_0', [9]],
    ]);
    expect(Math.min(...rows.map(({ partitions }) => partitions))).toBeGreaterThanOrEqual(9 + 9 + 1);
  });
});

describe('a row without a daily partition', () => {
  it('is stored in the default partition, reported, and moved when its partition is created', async () => {
    expect(await findDefaultPartitionRows(db.pool)).toEqual([]);
    expect(await partitionOf('2035-07-01T12:00:00Z')).toBe('event_default');
    expect(await partitionOf('2035-07-02T12:00:00Z')).toBe('event_default');
    expect(await findDefaultPartitionRows(db.pool)).toEqual(['event', 'event_search_value']);

    expect(await createPartitions(db.pool, new Date('2035-07-01T12:00:00Z'))).toBe(TABLES * 9);
    expect(await findDefaultPartitionRows(db.pool)).toEqual([]);
    const { rows } = await db.pool.query(
      `SELECT e.tableoid::regclass::text AS event, v.tableoid::regclass::text AS value
       FROM event e JOIN event_search_value v ON v.event_id = e.id WHERE e.id > posthorn_uuid_floor('2035-07-01') ORDER BY e.id`,
    );
    expect(rows).toEqual([
      { event: 'event_20350701', value: 'event_search_value_20350701' },
      { event: 'event_20350702', value: 'event_search_value_20350702' },
    ]);
  });
});

describe('posthorn_uuidv7 and posthorn_uuid_floor', () => {
  it('generate UUIDv7 with the current time', async () => {
    const { rows } = await db.pool.query<{ id: string; near: boolean }>(`
      SELECT id, id >= posthorn_uuid_floor(now() - interval '1 s')
        AND id < posthorn_uuid_floor(clock_timestamp() + interval '1 s') AS near
      FROM (SELECT posthorn_uuidv7() AS id FROM generate_series(1, 1000)) AS generated`);
    expect(new Set(rows.map((row) => row.id)).size).toBe(1000);
    for (const { id, near } of rows) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(near).toBe(true);
    }
  });

  it('use the same timestamp format as core', async () => {
    const { rows } = await db.pool.query("SELECT posthorn_uuid_floor('2026-02-01T00:00:00Z') AS id");
    const [row] = rows as { id: string }[];
    expect(row?.id.slice(0, 13)).toBe(derivedId('', Date.UTC(2026, 1, 1)).slice(0, 13));
    expect(row?.id.slice(13)).toBe('-0000-0000-000000000000');
  });
});
