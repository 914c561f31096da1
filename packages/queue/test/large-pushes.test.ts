import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type CuttableProxy, eventually, startCuttableProxy } from '@posthorn/testkit';
import { Gate } from './fixtures/gate.js';
import { useEvents } from './fixtures/use-events.js';
import { useIntake } from './fixtures/use-intake.js';
import { useQueue } from './fixtures/use-queue.js';

const MAX_BYTES = 1024 * 1024;

const inUse = useQueue();
const { consumePushes, jobKey, pushJobs, startEvents } = useEvents(inUse);
const { startIntake, stream, waitForLength } = useIntake(inUse);

let proxy: CuttableProxy | undefined;
afterEach(() => proxy?.close());

describe('a push', () => {
  it('of the maximum size arrives whole', async () => {
    const text = 'x'.repeat(MAX_BYTES - '{"text":""}'.length);
    await pushJobs({ name: 'a', data: { text } });
    const [push] = await consumePushes(1);
    expect(push).toMatchObject({ type: 'a', payload: JSON.stringify({ text }) });
    expect(push?.rejection).toBeUndefined();
  });

  it('above the maximum size is refused, with a preview and without being transferred', async () => {
    proxy = await startCuttableProxy(inUse.redisUrl);
    const [job] = await pushJobs({ name: 'a', data: { text: 'x'.repeat(20 * MAX_BYTES) } });
    const { waitForPushes } = await startEvents({ redisUrl: proxy.url });
    expect(await waitForPushes(1)).toEqual([
      {
        source: 'queue',
        id: `events:${job?.id}:${job?.timestamp}`,
        pushedAt: new Date(job?.timestamp ?? 0),
        type: 'a',
        payload: `{"text":"${'x'.repeat(16 * 1024 - 9)}`,
        rejection: {
          code: 'payload_too_large',
          message: 'The push has 20971531 bytes. The maximum is 1048576.',
        },
      },
    ]);
    await eventually(async () => expect(await inUse.redis.exists(jobKey(job?.id))).toBe(0));
    expect(proxy.bytesFromTarget).toBeLessThan(200_000);
  });

  it.each(['name', 'opts', 'parent', 'progress', 'returnvalue', 'an unknown field'])(
    'with a huge %s is ingested without fetching it, and removed',
    async (field) => {
      proxy = await startCuttableProxy(inUse.redisUrl);
      const [job] = await pushJobs({ name: 'a', data: { n: 1 } });
      await inUse.redis.hset(jobKey(job?.id), field, 'x'.repeat(5 * MAX_BYTES));
      const { waitForPushes } = await startEvents({ redisUrl: proxy.url });
      expect(await waitForPushes(1)).toMatchObject([{ payload: '{"n":1}' }]);
      await eventually(async () => expect(await inUse.redis.exists(jobKey(job?.id))).toBe(0));
      expect(proxy.bytesFromTarget).toBeLessThan(200_000);
    },
  );

  it('that is large and not JSON arrives as text', async () => {
    const [job] = await pushJobs({ name: 'a', data: {} });
    await inUse.redis.hset(jobKey(job?.id), 'data', '{'.repeat(100_000));
    expect(await consumePushes(1)).toMatchObject([{ payload: '{'.repeat(100_000) }]);
  });
});

describe('large pushes', () => {
  it('are in memory up to a total size, without delaying small ones', async () => {
    const gate = new Gate();
    const { pushes, waitForPushes } = await startEvents({
      ingest: (push) => (push.type === 'large' ? gate.opened : Promise.resolve()),
    });
    const large = Array.from({ length: 9 }, () => ({ name: 'large', data: { text: 'x'.repeat(1_000_000) } }));
    await pushJobs(...large, { name: 'small', data: {} });
    await waitForPushes(3);
    await sleep(300);
    expect(pushes.filter(({ type }) => type === 'large')).toHaveLength(2);
    expect(pushes.filter(({ type }) => type === 'small')).toHaveLength(1);
    gate.open();
    await waitForPushes(10);
  });
});

const addData = (type: string, length: number) =>
  inUse.redis.xadd(stream(), '*', 'type', type, 'data', 'x'.repeat(length));

describe('an entry of the stream', () => {
  it('above the maximum size is refused, with a preview and without being transferred', async () => {
    proxy = await startCuttableProxy(inUse.redisUrl);
    await addData('a', 20 * MAX_BYTES);
    await addData('b', 10);
    const { pushes } = await startIntake(undefined, { redisUrl: proxy.url });
    await waitForLength(0);
    expect(pushes).toMatchObject([
      {
        type: 'a',
        payload: { data: expect.stringMatching(/^x{16000,16384}$/) },
        rejection: {
          code: 'payload_too_large',
          message: expect.stringContaining('The push has 20971529 bytes.'),
        },
      },
      { type: 'b', payload: { data: 'x'.repeat(10) } },
    ]);
    expect(proxy.bytesFromTarget).toBeLessThan(100_000);
  });

  it.each([10, 16 * 1024 - 10, 2 * MAX_BYTES])(
    'above the maximum size keeps its tenant after %d bytes of data',
    async (length) => {
      const fields = ['tenant', 'other', 'data', 'x'.repeat(length), 'tenant', 'last'];
      await inUse.redis.xadd(stream(), '*', 'type', 'a', ...fields, 'more', 'x'.repeat(MAX_BYTES));
      const { pushes } = await startIntake();
      await waitForLength(0);
      expect(pushes).toMatchObject([
        { payload: { tenant: 'last' }, rejection: { code: 'payload_too_large' } },
      ]);
    },
  );

  it('with a huge number of fields is refused', async () => {
    const fields = Array.from({ length: 40_000 }, () => 'x'.repeat(20));
    await inUse.redis.xadd(stream(), '*', ...fields, ...fields);
    const { pushes } = await startIntake();
    await waitForLength(0);
    expect(pushes).toMatchObject([{ rejection: { code: 'payload_too_large' } }]);
  });

  it('is read with others up to a total size', async () => {
    const gate = new Gate();
    for (let index = 0; index < 6; index += 1) await addData(`${index}`, 1_000_000);
    const { pushes } = await startIntake(() => gate.opened);
    await eventually(() => expect(pushes).not.toEqual([]));
    await sleep(200);
    expect(pushes).toHaveLength(3);
    gate.open();
    await waitForLength(0);
  });
});
