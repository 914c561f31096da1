import { expect, it } from '@jest/globals';
import { poolGauges, Registry, serverGauges } from '../src/index.js';

const pool = (totalCount: number, waitingCount: number) => ({
  totalCount,
  idleCount: 1,
  waitingCount,
  options: { max: 3 },
});

async function valuesOf(registry: Registry, name: string): Promise<[Record<string, unknown>, number][]> {
  const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
  return values.map(({ labels, value }) => [labels, value]);
}

it('the connections of several parts of a process are added up by pool', async () => {
  const registry = new Registry();
  poolGauges(registry, { main: pool(3, 4), accept: pool(1, 0) });
  poolGauges(registry, { main: pool(2, 1) });
  const expected = [
    [{ pool: 'main', state: 'idle' }, 2],
    [{ pool: 'main', state: 'used' }, 3],
    [{ pool: 'accept', state: 'idle' }, 1],
    [{ pool: 'accept', state: 'used' }, 0],
  ];
  expect(await valuesOf(registry, 'posthorn_postgresql_connections')).toEqual(expected);
  // A second scrape does not add to the first one.
  expect(await valuesOf(registry, 'posthorn_postgresql_connections')).toEqual(expected);
  expect(await valuesOf(registry, 'posthorn_postgresql_waiting')).toEqual([
    [{ pool: 'main' }, 4],
    [{ pool: 'accept' }, 0],
  ]);
});

it('the servers are checked once for all parts of a process', async () => {
  const registry = new Registry();
  let checks = 0;
  const servers = {
    postgresql: async () => void (checks += 1),
    redis: () => Promise.reject(new Error('down')),
  };
  serverGauges(registry, servers);
  serverGauges(registry, servers);
  expect(
    new Map((await valuesOf(registry, 'posthorn_server_up')).map(([{ server }, up]) => [server, up])),
  ).toEqual(
    new Map([
      ['postgresql', 1],
      ['redis', 0],
    ]),
  );
  expect(checks).toBe(1);
});
