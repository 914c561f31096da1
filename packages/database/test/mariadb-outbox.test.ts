import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  eventually,
  type FreshMariadb,
  hasMariadb,
  type OwnMariadb,
  startCuttableProxy,
  startOwnMariadb,
} from '@posthorn/testkit';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { KEEPALIVE_DELAY_MS } from '../src/connection/connect.js';
import { OutboxBound } from '../src/outbox/outbox-bound.js';
import { connectMariadb, type Mariadb } from '../src/outbox/mariadb/connect-mariadb.js';
import { mariadbPositions } from '../src/outbox/mariadb/mariadb-positions.js';
import { installOutboxAt, openOutbox } from '../src/outbox/open-outbox.js';
import { type OutboxSource, readWholeOutboxState } from '../src/outbox/outbox-source.js';

const PUBLISHER = `outbox_publisher`;
const READER = `outbox 'reader'`;

const ANY_TIME = { createdFrom: new Date(0), createdTo: new Date(Date.now() + 3_600_000) };
const PAGE = { ...ANY_TIME, except: [], limit: 100, maxRowBytes: 1000, maxBytes: 10_000 };

(hasMariadb() ? describe : describe.skip)('an outbox in MariaDB', () => {
  let server: OwnMariadb;
  /** The database of an application. */
  let application: FreshMariadb;
  let outbox: OutboxSource;

  const install = (...readers: string[]) =>
    installOutboxAt({ url: application.url, applicationName: 'test' }, { publishers: [PUBLISHER], readers });
  const publish = (type: string, data = '{}') =>
    application.pool.query('CALL posthorn_publish(?, ?)', [type, data]);
  const deleteAll = async () => outbox.delete(await outbox.read(PAGE));
  const readTypes = async (page = PAGE) => (await outbox.read(page)).map(({ type }) => type);

  beforeAll(async () => {
    server = await startOwnMariadb('--log-bin', '--server-id=1');
    application = await server.freshDatabase();
    await application.pool.query("CREATE USER ?@'%'; CREATE USER ?@'%'", [PUBLISHER, READER]);
    await application.drop();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    application = await server.freshDatabase();
    await install(READER);
    outbox = await openOutbox({ url: application.url, applicationName: 'test' });
  });
  afterEach(async () => {
    await outbox.stop();
    await application.drop();
  });

  /** Returns the number of pages that all statements have read. */
  async function readPages(): Promise<number> {
    const [rows] = await application.pool.query<RowDataPacket[]>(
      "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_read_requests'",
    );
    return Number(rows[0]?.['Value']);
  }

  /** Returns the number of pages that the server reads during `work`, including those of its purge. */
  async function pagesOf(work: () => Promise<unknown>): Promise<number> {
    const before = await readPages();
    await work();
    return (await readPages()) - before;
  }

  /** Runs a statement as a user. */
  async function as(user: string, sql: string): Promise<unknown> {
    const connection = await createConnection({ ...connectionOf(application.url), user });
    try {
      return await connection.query(sql);
    } finally {
      await connection.end();
    }
  }

  /** Adds outboxes of other applications to the server, whose tables are open. */
  async function addOthers(count: number): Promise<FreshMariadb[]> {
    const others: FreshMariadb[] = [];
    for (let n = 0; n < count; n += 1) {
      const other = await server.freshDatabase();
      others.push(other);
      await installOutboxAt(
        { url: other.url, applicationName: 'test' },
        { publishers: [PUBLISHER], readers: [READER] },
      );
      await other.pool.query('SELECT * FROM posthorn_outbox');
    }
    return others;
  }

  /** Locks all rows of the outbox. Returns the function that ends this. */
  async function lockRows(): Promise<() => Promise<void>> {
    const blocker = await application.pool.getConnection();
    await blocker.query('START TRANSACTION; SELECT * FROM posthorn_outbox FOR UPDATE');
    return async () => {
      await blocker.query('ROLLBACK');
      blocker.release();
    };
  }

  /** Begins a statement that has a position, and waits to insert its row. Returns the function that lets it end. */
  async function publishWaiting(): Promise<() => Promise<void>> {
    const unlock = await lockRows();
    const insert = publish('waits');
    await eventually(async () => {
      const [waiting] = await application.pool.query('SELECT * FROM information_schema.innodb_lock_waits');
      expect(waiting).toHaveLength(1);
    });
    return async () => {
      await unlock();
      await insert;
    };
  }

  it('keeps the text of the data, and the order of the rows', async () => {
    await publish('a', '{ "n": 1.10, "b":2,\n"a" : "😀é\\u00e9\\n" }');
    await application.pool.query(
      `SET time_zone = '+02:00'; CALL posthorn_publish_with('b', '{"n":1e2}', 'default', '2026-01-02 05:04:05', '{"k":"v"}', 'ключ')`,
    );
    const rows = await outbox.read(PAGE);
    expect(rows).toMatchObject([
      {
        position: '1',
        type: 'a',
        data: '{ "n": 1.10, "b":2,\n"a" : "😀é\\u00e9\\n" }',
        tenant: null,
        metadata: null,
        occurredAt: null,
      },
      {
        type: 'b',
        data: '{"n":1e2}',
        bytes: 34,
        tenant: 'default',
        metadata: '{"k":"v"}',
        occurredAt: '2026-01-02T03:04:05.000000Z',
        orderingKey: 'ключ',
      },
    ]);
    expect(Math.abs(Date.now() - (rows[0]?.createdAtMs ?? 0))).toBeLessThan(60_000);
  });

  it('refuses data and metadata that are not JSON, in the transaction of the application', async () => {
    await expect(publish('a', '{"n":')).rejects.toThrow('CONSTRAINT `posthorn_outbox.data` failed');
    const insert = `INSERT INTO posthorn_outbox (type, data, metadata) VALUES ('a', '{}', 'no JSON')`;
    await expect(application.pool.query(insert)).rejects.toThrow('CONSTRAINT');
    expect(await readWholeOutboxState(outbox)).toMatchObject({ rows: 0 });
  });

  it('allows publishers only to publish, and readers only to read and delete', async () => {
    await as(PUBLISHER, `CALL posthorn_publish('a', '{}')`);
    await as(PUBLISHER, `CALL posthorn_publish_with('b', '{}', NULL, NULL, NULL, 'k')`);
    // As an ORM does.
    await as(PUBLISHER, `INSERT INTO posthorn_outbox (type, data) VALUES ('c', '{}')`);
    await as(PUBLISHER, 'SELECT position, id FROM posthorn_outbox WHERE position = LAST_INSERT_ID()');
    for (const sql of [
      'SELECT data FROM posthorn_outbox',
      'DELETE FROM posthorn_outbox',
      `INSERT INTO posthorn_outbox (type, data, created_at) VALUES ('a', '{}', now())`,
    ])
      await expect(as(PUBLISHER, sql)).rejects.toThrow('denied');
    await expect(as(READER, `CALL posthorn_publish('a', '{}')`)).rejects.toThrow('denied');
    const url = new URL(application.url);
    url.username = encodeURIComponent(READER);
    const reader = await openOutbox({ url: url.href, applicationName: 'test' });
    await reader.ping();
    await reader.delete(await reader.read(PAGE));
    expect(await reader.state(ANY_TIME)).toEqual({ rows: 0, oldestSeconds: 0, refused: 0 });
    await reader.stop();
  });

  it('is created for existing users only, and again without effect', async () => {
    await publish('kept');
    await install(READER);
    await expect(install('nobody')).rejects.toThrow("Can't find any matching row in the user table");
    expect(await readTypes()).toEqual(['kept']);
  });

  it('bounds the bytes of a page and of a row', async () => {
    await publish('a', JSON.stringify({ text: 'x'.repeat(700) }));
    await publish('b', JSON.stringify({ text: 'x'.repeat(700) }));
    await publish('c', JSON.stringify({ text: 'é'.repeat(700) }));
    expect(await readTypes({ ...PAGE, maxBytes: 1000 })).toEqual(['a', 'b']);
    expect(await readTypes({ ...PAGE, limit: 2 })).toEqual(['a', 'b']);
    const large = (await outbox.read(PAGE))[2];
    expect(large).toMatchObject({ bytes: 1412 });
    expect(large?.data).toHaveLength(250);
  });

  it('reads few pages to return the first rows of a large outbox', async () => {
    await application.pool.query(
      `INSERT INTO posthorn_outbox (type, data)
       SELECT 'a', concat('"', repeat('x', 39998), '"') FROM seq_1_to_500`,
    );
    const page = { ...PAGE, limit: 500, maxRowBytes: 100_000, maxBytes: 500_000 };
    expect(await outbox.read(page)).toHaveLength(13);
    // All 500 rows have more than 1500.
    await eventually(async () => expect(await pagesOf(() => outbox.read(page))).toBeLessThan(300));
  });

  it('deletes only the rows that were read, also after it was truncated', async () => {
    await publish('a');
    const read = await outbox.read(PAGE);
    await publish('b');
    await outbox.delete(read);
    expect(await readTypes()).toEqual(['b']);
    await application.pool.query('TRUNCATE posthorn_outbox');
    await publish('c');
    await outbox.delete(read);
    expect(await readTypes()).toEqual(['c']);
  });

  it('keeps rows outside of the times, and reports them', async () => {
    await application.pool.query(
      `INSERT INTO posthorn_outbox (type, data, created_at) VALUES ('old', '{}', now() - INTERVAL 1 DAY)`,
    );
    await publish('new');
    const times = { ...ANY_TIME, createdFrom: new Date(Date.now() - 3_600_000) };
    expect(await readTypes({ ...PAGE, ...times })).toEqual(['new']);
    const { rows, refused, oldestSeconds } = await outbox.state(times);
    expect([rows, refused]).toEqual([2, 1]);
    expect(oldestSeconds).toBeGreaterThan(86_000);
  });

  it('is read and emptied while transactions of the application are open, and does not block them', async () => {
    const late = await application.pool.getConnection();
    await late.query(`START TRANSACTION; CALL posthorn_publish('late', '{}')`);
    await publish('early');
    const rows = await outbox.read(PAGE);
    expect(rows.map(({ type }) => type)).toEqual(['early']);
    // A wait for the lock of the row that is not committed would end with an error.
    await outbox.delete(rows);
    await late.query('COMMIT');
    late.release();
    expect(await readTypes()).toEqual(['late']);
  });

  it('does not block inserts while it deletes', async () => {
    for (const type of ['a', 'b', 'c']) await publish(type);
    const rows = await outbox.read(PAGE);
    const blocker = await application.pool.getConnection();
    await blocker.query('START TRANSACTION; SELECT * FROM posthorn_outbox WHERE position = ? FOR UPDATE', [
      rows[2]?.position,
    ]);
    const deletion = outbox.delete(rows);
    await eventually(async () => {
      const [waiting] = await application.pool.query('SELECT * FROM information_schema.innodb_lock_waits');
      expect(waiting).toHaveLength(1);
    });
    await application.pool.query(
      `SET STATEMENT innodb_lock_wait_timeout = 0 FOR CALL posthorn_publish('d', '{}')`,
    );
    await blocker.query('ROLLBACK');
    blocker.release();
    await deletion;
    expect(await readTypes()).toEqual(['d']);
  });

  it('passes deleted rows only once while an old snapshot is open', async () => {
    const backup = await application.pool.getConnection();
    await backup.query('START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT count(*) FROM posthorn_outbox');
    await application.pool.query(
      `INSERT INTO posthorn_outbox (type, data) SELECT 'a', '{}' FROM seq_1_to_100000`,
    );
    await outbox.delete(await outbox.read({ ...PAGE, limit: 100_000, maxBytes: 10_000_000 }));
    await publish('b');
    // At first, it passes the pages of 100,000 rows.
    expect(await pagesOf(() => outbox.read(PAGE))).toBeGreaterThan(400);
    await eventually(async () => {
      await outbox.advance();
      expect(await pagesOf(() => outbox.read(PAGE))).toBeLessThan(200);
    });
    await eventually(async () => expect(await pagesOf(() => outbox.state(ANY_TIME))).toBeLessThan(200));
    expect(await readTypes()).toEqual(['b']);
    await backup.query('ROLLBACK');
    backup.release();
  });

  describe('has a bound', () => {
    let mariadb: Mariadb;
    let bound: OutboxBound;
    beforeEach(async () => {
      const url = new URL(application.url);
      url.username = encodeURIComponent(READER);
      mariadb = await connectMariadb({
        url: url.href,
        applicationName: 'test',
        max: 1,
        statementTimeoutMs: 10_000,
        connectTimeoutMs: 10_000,
      });
      bound = new OutboxBound(mariadbPositions(mariadb));
    });
    afterEach(() => mariadb.stop());

    /** Raises the bound until it has a value: MariaDB responds before a statement has ended. */
    const advanceTo = (value: string) =>
      eventually(async () => {
        await bound.advance();
        expect(bound.value).toBe(value);
      });
    const expectStaysAt = async (value: string) => {
      for (let n = 0; n < 5; n += 1) await bound.advance();
      expect(bound.value).toBe(value);
    };

    it('that passes deleted rows, and not those that are left', async () => {
      await expectStaysAt('0');
      for (const type of ['a', 'b', 'c']) await publish(type);
      await outbox.delete(await outbox.read({ ...PAGE, limit: 1 }));
      await advanceTo('1');
      await deleteAll();
      await advanceTo('3');
    });

    it('that does not pass a row of a transaction that commits after later rows', async () => {
      await publish('first');
      const late = await application.pool.getConnection();
      await late.query(`START TRANSACTION; CALL posthorn_publish('late', '{}')`);
      await publish('early');
      await deleteAll();
      await expectStaysAt('0');
      await late.query('COMMIT');
      late.release();
      await advanceTo('1');
      await deleteAll();
      await advanceTo('3');
    });

    it('that does not pass the position of a statement that has not inserted its row yet', async () => {
      const insert = await publishWaiting();
      expect(await mariadbPositions(mariadb).last()).toBe('1');
      await expectStaysAt('0');
      await insert();
      await expectStaysAt('0');
      await deleteAll();
      await advanceTo('1');
    });

    it('that depends on the statements of its own database only', async () => {
      // The server lists them in any order, so one or the other would be first.
      const others = await addOthers(6);
      const [used] = others;
      const insert = await publishWaiting();
      await expectStaysAt('0');
      await insert();
      const locking = await used?.pool.getConnection();
      await locking?.query('LOCK TABLES posthorn_outbox READ');
      await deleteAll();
      await advanceTo('1');
      await locking?.query('UNLOCK TABLES');
      locking?.release();
      await Promise.all(others.map((other) => other.drop()));
    });

    it('that is raised although the server closes the table', async () => {
      await publish('a');
      await deleteAll();
      await eventually(async () => {
        await application.pool.query('FLUSH TABLES');
        await bound.advance();
        expect(bound.value).toBe('1');
      });
    });

    it('that passes positions of transactions that were rolled back', async () => {
      await application.pool.query(`START TRANSACTION; CALL posthorn_publish('a', '{}'); ROLLBACK`);
      await advanceTo('1');
    });

    it('that is lowered when the outbox was truncated', async () => {
      for (const type of ['a', 'b']) await publish(type);
      await deleteAll();
      await advanceTo('2');
      await application.pool.query('TRUNCATE posthorn_outbox');
      await publish('c');
      await advanceTo('0');
    });

    it('that is lowered when a row below it is found', async () => {
      for (const type of ['a', 'b', 'c']) await publish(type);
      await deleteAll();
      await advanceTo('3');
      await application.pool.query(
        `INSERT INTO posthorn_outbox (position, type, data) VALUES (2, 'b', '{}')`,
      );
      await bound.check();
      expect(bound.value).toBe('1');
    });
  });

  it('is not read from a server that is read-only', async () => {
    await application.pool.query('SET GLOBAL read_only = 1');
    await expect(outbox.ping()).rejects.toThrow('The server is read-only; it may be a replica');
    await application.pool.query('SET GLOBAL read_only = 0');
    await outbox.ping();
  });

  it('is not read from a server with statement-based replication, which refuses deletions', async () => {
    await application.pool.query("SET GLOBAL binlog_format = 'STATEMENT'");
    const refused = await openOutbox({ url: application.url, applicationName: 'test' });
    await expect(refused.ping()).rejects.toThrow(
      'The server has binlog_format=STATEMENT, with which rows cannot be deleted: set it to MIXED or ROW',
    );
    await application.pool.query("SET GLOBAL binlog_format = 'MIXED'");
    await refused.ping();
    await refused.stop();
  });

  it('gives up on a statement that takes too long', async () => {
    await publish('a');
    const rows = await outbox.read(PAGE);
    const impatient = await openOutbox({
      url: application.url,
      applicationName: 'test',
      statementTimeoutMs: 200,
    });
    const unlock = await lockRows();
    await expect(impatient.delete(rows)).rejects.toThrow('max_statement_time exceeded');
    await unlock();
    await impatient.stop();
  });

  it.each([
    ['to a statement', 'isReadOnly'],
    ['to the preparation of the session', 'ISOLATION'],
  ])('opens another connection if the server does not respond %s', async (_to, text) => {
    const proxy = await startCuttableProxy(application.url);
    const proxied = await openOutbox({
      url: proxy.url,
      applicationName: 'test',
      max: 1,
      statementTimeoutMs: 200,
    });
    const stalled = proxy.stallAfter(text);
    await expect(proxied.ping()).rejects.toThrow('Query inactivity timeout');
    await stalled;
    await proxied.ping();
    await proxied.stop();
    await proxy.close();
  });

  it('is read through connections whose server is probed', async () => {
    const probe = jest.spyOn(Socket.prototype, 'setKeepAlive');
    await outbox.ping();
    expect(probe).toHaveBeenCalledWith(true, KEEPALIVE_DELAY_MS);
    probe.mockRestore();
  });
});

function connectionOf(url: string) {
  const { hostname: host, port, pathname } = new URL(url);
  return { host, port: Number(port), database: pathname.slice(1) };
}
