// Pushes that are too large, or expensive to parse: a producer with a small heap rejects or accepts each, and does not crash.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { openPushIngress, type PushIngress } from './push-ingress.js';
import { type ServiceProcess, startService } from './service-process.js';

let pushes: PushIngress;
let producer: ServiceProcess | undefined;

beforeAll(async () => {
  pushes = await openPushIngress();
});
afterAll(async () => {
  await producer?.stop();
  await pushes.close();
});

const MEGABYTE = 1_000_000;

/** Returns JSON text that needs 20 times as much memory when it is parsed. */
const costly = (bytes: number) => `{"list":[${'{},'.repeat(bytes / 3)}{}]}`;

const addEntry = (type: string, data: string) =>
  pushes.redis.xadd(`${pushes.prefix}:intake`, '*', 'type', type, 'data', data);

async function count(table: 'event' | 'rejected_event'): Promise<number> {
  const { rows } = await pushes.database.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table}`,
  );
  return rows[0]?.count ?? 0;
}

it('are rejected, and other events are accepted', async () => {
  await pushes.queue.add('large', { data: { text: 'x'.repeat(30 * MEGABYTE) } });
  await addEntry('large', 'x'.repeat(30 * MEGABYTE));
  const large = { data: { text: 'x'.repeat(3 * MEGABYTE) } };
  for (let index = 0; index < 10; index += 1) await pushes.queue.add('large', large);
  const list = JSON.parse(costly(MEGABYTE * 0.9)) as object;
  for (let index = 0; index < 10; index += 1) {
    await pushes.queue.add('costly', { data: list });
    await addEntry('costly', costly(MEGABYTE * 0.9));
  }
  await pushes.queue.add('small', { data: { n: 1 } });
  await addEntry('small', '{"n":2}');

  producer = await startService('producer', pushes.settings, { nodeFlags: ['--max-old-space-size=256'] });
  await eventually(async () => expect(await count('event')).toBe(2), { timeoutMs: 60_000 });
  await eventually(async () => expect(await count('rejected_event')).toBe(32), { timeoutMs: 60_000 });
  await eventually(async () => {
    expect(await pushes.redis.xlen(`${pushes.prefix}:intake`)).toBe(0);
    expect(await pushes.queue.getJobCounts('waiting', 'active', 'delayed')).toEqual({
      waiting: 0,
      active: 0,
      delayed: 0,
    });
  });
  const { rows } = await pushes.database.pool.query(
    'SELECT source, code, count(*)::int FROM rejected_event GROUP BY 1, 2 ORDER BY 1, 2',
  );
  expect(rows).toEqual([
    { source: 'queue', code: 'payload_too_large', count: 21 },
    { source: 'stream', code: 'payload_too_large', count: 11 },
  ]);
  expect((await producer.stop()).code).toBe(0);
}, 180_000);
