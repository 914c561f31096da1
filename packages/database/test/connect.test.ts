import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { useFakeTimeouts } from '@posthorn/testkit/fake-time';
import { connect } from '../src/connection/connect.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

afterEach(() => {
  jest.useRealTimers();
});

describe('the time limit of a statement', () => {
  it('ends the statement in PostgreSQL', async () => {
    // The client does not give up.
    useFakeTimeouts();
    const { pool, stop } = connect({ url: db.url, applicationName: 'impatient', statementTimeoutMs: 100 });
    await expect(pool.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
    jest.useRealTimers();
    await eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'impatient' AND state = 'active'`,
      );
      expect(rowCount).toBe(0);
    });
    await stop();
  });

  it('is set on every connection, and the client gives up later', async () => {
    for (const pool of [db.pool, db.genericPlanPool]) {
      const { rows } = await pool.query<{ ms: number }>(
        `SELECT setting::int AS ms FROM pg_settings WHERE name = 'statement_timeout'`,
      );
      expect(rows[0]?.ms).toBeGreaterThan(0);
      expect(rows[0]?.ms).toBeLessThan(pool.options.query_timeout ?? 0);
    }
  });
});

describe('the keepalives of PostgreSQL', () => {
  it.each([
    ['end the connection of a host that has vanished within seconds', '', ['6000', '5']],
    ['are those of the pooler behind one', '?pgbouncer=true', ['0', '7200']],
  ])('%s', async (_name, parameters, expected) => {
    const { pool, stop } = connect({ url: db.url + parameters, applicationName: 'keepalives' });
    const { rows } = await pool.query<{ setting: string }>(
      `SELECT setting FROM pg_settings WHERE name IN ('tcp_user_timeout', 'tcp_keepalives_idle') ORDER BY name DESC`,
    );
    expect(rows.map(({ setting }) => setting)).toEqual(expected);
    await stop();
  });
});

describe('a database with another time zone', () => {
  it('stores and returns the same times', async () => {
    const { rows } = await db.pool.query<{ name: string }>('SELECT current_database() AS name');
    await db.pool.query(`ALTER DATABASE ${rows[0]?.name} SET timezone TO 'America/New_York'`);
    const { pool, stop } = connect({ url: db.url, applicationName: 'elsewhere' });
    const prisma = openPrisma(pool);
    const at = new Date('2026-07-01T12:00:00.123Z');
    expect(
      await prisma.$queryRaw`SELECT ${at}::timestamptz AS at, extract(epoch FROM ${at}::timestamptz)::text AS seconds`,
    ).toEqual([{ at, seconds: '1782907200.123000' }]);
    await prisma.$disconnect();
    await stop();
    await db.pool.query(`ALTER DATABASE ${rows[0]?.name} RESET timezone`);
  });
});
