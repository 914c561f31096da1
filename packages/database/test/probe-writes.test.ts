import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import type { Database } from '../src/connection/connect.js';
import { isTransient } from '../src/connection/transient.js';
import { connectForProbe, probeWrites } from '../src/server/probe-writes.js';

let database: FreshDatabase;
let probe: Database;

beforeAll(async () => {
  database = await freshDatabase();
  probe = connectForProbe(database.url);
});
afterAll(async () => {
  await probe.stop();
  await database.drop();
});

it('resolves while PostgreSQL accepts writes, and leaves nothing behind', async () => {
  await probeWrites(probe.pool);
  await probeWrites(probe.pool);
  const { rows } = await probe.pool.query(`SELECT FROM pg_class WHERE relname = 'posthorn_write_probe'`);
  expect(rows).toEqual([]);
});

it('rejects while transactions are read-only', async () => {
  await probe.pool.query('SET default_transaction_read_only = on');
  const error: unknown = await probeWrites(probe.pool).catch((each: unknown) => each);
  expect(isTransient(error)).toBe(true);
  await probe.pool.query('SET default_transaction_read_only = off');
  await probeWrites(probe.pool);
});

it('resolves for a role that may not create temporary tables', async () => {
  const name = new URL(database.url).pathname.slice(1);
  await probe.pool.query(`REVOKE TEMPORARY ON DATABASE "${name}" FROM PUBLIC`);
  const role = `${name}_probe`;
  await probe.pool.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'PASSWORD'`);
  const restricted = connectForProbe(
    Object.assign(new URL(database.url), { username: role, password: 'PASSWORD' }).href,
  );
  try {
    await probeWrites(restricted.pool);
  } finally {
    await restricted.stop();
    await probe.pool.query(`DROP ROLE "${role}"`);
  }
});
