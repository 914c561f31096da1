import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { newId } from '@posthorn/core';
import {
  type CuttableProxy,
  eventually,
  type FreshDatabase,
  freshDatabase,
  startCuttableProxy,
} from '@posthorn/testkit';
import { useFakeTimeouts } from '@posthorn/testkit/fake-time';
import { connect, type Database } from '../src/connection/connect.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { isUnavailable } from '../src/prisma-client/prisma-errors.js';
import { CANCEL_GRACE_MS } from '../src/connection/statement-timeouts.js';

const STATEMENT_TIMEOUT_MS = 1000;

let fresh: FreshDatabase;
let proxy: CuttableProxy;
let through: Database;
let direct: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  proxy = await startCuttableProxy(fresh.url);
  direct = connect({ url: fresh.url, applicationName: 'unresponsive server test' });
  through = connect({
    url: proxy.url,
    applicationName: 'unresponsive server test',
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
});
beforeEach(useFakeTimeouts);
afterEach(() => {
  jest.useRealTimers();
});
afterAll(async () => {
  await through.stop();
  await direct.stop();
  await proxy.close();
  await fresh.drop();
});

const tenant = () => ({ id: newId(), name: `tenant ${newId()}` });
const insert = async ({ id, name }: { id: string; name: string }) => {
  await through.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [id, name]);
};
const isStored = async ({ id }: { id: string }) =>
  (await direct.pool.query('SELECT FROM tenant WHERE id = $1', [id])).rowCount === 1;

it('a transaction interrupted by an unresponsive server is rolled back, and later writes are committed', async () => {
  const prisma = openPrisma(through.pool);
  const [interrupted, after] = [tenant(), tenant()];
  let isCut = false;
  let failure: unknown;
  const transaction = prisma.$transaction(async (tx) => {
    await tx.tenant.create({ data: interrupted });
    proxy.cut();
    isCut = true;
    await tx.tenant.findMany();
  });
  transaction.catch((error: unknown) => (failure = error));
  await eventually(() => {
    if (isCut) jest.advanceTimersByTime(STATEMENT_TIMEOUT_MS);
    expect(failure).toBeDefined();
  });
  expect(isUnavailable(failure)).toBe(true);
  proxy.heal();
  await insert(after);
  expect(await isStored(after)).toBe(true);
  expect(await isStored(interrupted)).toBe(false);
  await prisma.$disconnect();
});

it('a statement right after another pool found the server unresponsive gets a connection that works', async () => {
  const other = connect({ url: proxy.url, applicationName: 'unresponsive server test', max: 2 });
  await other.pool.query('SELECT 1');
  const hanging = await through.pool.connect();
  await hanging.query('SET statement_timeout = 0');
  const slow = hanging.query('SELECT pg_sleep(10)').then(
    () => Promise.reject(new Error('The statement did not time out')),
    (error: Error) => hanging.release(error),
  );
  jest.advanceTimersByTime(STATEMENT_TIMEOUT_MS + CANCEL_GRACE_MS);
  await slow;
  await expect(other.pool.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  await other.stop();
});
