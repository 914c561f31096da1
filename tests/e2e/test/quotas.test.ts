// Pushes of a tenant over its rate: they are delayed, none is lost, and the pushes of another tenant behind them do not wait.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { openPushIngress, type PushIngress } from './push-ingress.js';
import { type ServiceProcess, startService } from './service-process.js';

const EVENTS_PER_SECOND = 20;
const PUSHES = 120;

let pushes: PushIngress;
let producer: ServiceProcess | undefined;
const limited = newId();

beforeAll(async () => {
  pushes = await openPushIngress();
  producer = await startService('producer', pushes.settings);
  await pushes.database.pool.query(
    `INSERT INTO tenant (id, name, quota_events_per_second, quota_event_bytes) VALUES ($1, 'limited', $2, 1000)`,
    [limited, EVENTS_PER_SECOND],
  );
});
afterAll(async () => {
  await producer?.stop();
  await pushes.close();
});

const tenantId = encodeId('tenant', limited);

async function typesOf(tenant: string): Promise<string[]> {
  const { rows } = await pushes.database.pool.query<{ type: string }>(
    'SELECT type FROM event WHERE tenant_id = $1 ORDER BY type',
    [tenant],
  );
  return rows.map(({ type }) => type);
}

/** Returns the types of all events in the order in which they were accepted. */
async function acceptedTypes(): Promise<string[]> {
  const { rows } = await pushes.database.pool.query<{ type: string }>(
    'SELECT type FROM event ORDER BY xmin::text::bigint',
  );
  return rows.map(({ type }) => type);
}

const typeOf = (index: number) => `a.n${String(index).padStart(3, '0')}`;

it('are delayed, and none is lost', async () => {
  const startedAtMs = performance.now();
  const indexes = Array.from({ length: PUSHES }, (_, index) => index);
  const [queued, entries] = [
    indexes.filter((index) => index % 2 === 0),
    indexes.filter((index) => index % 2 === 1),
  ];
  await pushes.queue.addBulk(queued.map((index) => ({ name: typeOf(index), data: { data: {}, tenantId } })));
  for (const index of entries)
    await pushes.redis.xadd(
      `${pushes.prefix}:intake`,
      '*',
      'type',
      typeOf(index),
      'data',
      '{}',
      'tenant',
      tenantId,
    );
  await pushes.queue.add('other.queue', { data: {} });
  await pushes.redis.xadd(`${pushes.prefix}:intake`, '*', 'type', 'other.stream', 'data', '{}');

  const other = '00000000-0000-7000-8000-000000000000';
  await eventually(async () => expect(await typesOf(other)).toEqual(['other.queue', 'other.stream']));
  await eventually(async () => expect(await typesOf(limited)).toEqual(indexes.map(typeOf)));
  const accepted = await acceptedTypes();
  for (const type of ['other.queue', 'other.stream'])
    expect(accepted.indexOf(type)).toBeLessThan(PUSHES - EVENTS_PER_SECOND);
  const seconds = (performance.now() - startedAtMs) / 1000;
  expect(seconds).toBeGreaterThan(PUSHES / EVENTS_PER_SECOND - 1.2);
  expect(await pushes.redis.xlen(`${pushes.prefix}:intake`)).toBe(0);
});

it('are rejected events if they are larger than the tenant may publish', async () => {
  await pushes.queue.add('a.large', { data: { text: 'x'.repeat(1000) }, tenantId });
  await eventually(async () => {
    const { rows } = await pushes.database.pool.query('SELECT tenant_id, source, code FROM rejected_event');
    expect(rows).toEqual([{ tenant_id: limited, source: 'queue', code: 'quota_exceeded' }]);
  });
});
