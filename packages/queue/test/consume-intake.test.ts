import { describe, expect, it } from '@jest/globals';
import { Deadline } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { consumeIntake, type Push } from '../src/index.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const stream = () => `${inUse.prefix}:intake`;

/** Starts a producer that collects pushes; `ingest` may reject. */
async function startIntake(ingest: (push: Push) => Promise<void> = () => Promise.resolve()) {
  const pushes: Push[] = [];
  const errors: Error[] = [];
  const consumer = await consumeIntake(
    {
      redisUrl: inUse.redisUrl,
      prefix: inUse.prefix,
      claimAfterMs: 300,
      onError: (error) => errors.push(error),
    },
    (push) => {
      pushes.push(push);
      return ingest(push);
    },
  );
  return { consumer: inUse.onStop(consumer), pushes, errors };
}

const add = async (type: string): Promise<string> =>
  (await inUse.redis.xadd(stream(), '*', 'type', type, 'data', '{"a":1}', 'key', 'k')) ?? '';
const waitForLength = (length: number) =>
  eventually(async () => expect(await inUse.redis.xlen(stream())).toBe(length));

describe('events added to the stream', () => {
  it('are ingested with their fields and time, then deleted', async () => {
    const entryId = await add('before.start');
    const { pushes } = await startIntake();
    await add('after.start');
    await waitForLength(0);
    expect(pushes.map((push) => push.type)).toEqual(['before.start', 'after.start']);
    expect(pushes[0]).toEqual({
      source: 'stream',
      id: `${stream()}:${entryId}`,
      pushedAt: new Date(Number(entryId.split('-')[0])),
      type: 'before.start',
      payload: { data: '{"a":1}', key: 'k' },
    });
  });

  it('are ingested by one of several producers', async () => {
    const producers = await Promise.all([startIntake(), startIntake(), startIntake()]);
    await Promise.all(Array.from({ length: 200 }, (_, index) => add(`t${index}`)));
    await waitForLength(0);
    const types = producers.flatMap(({ pushes }) => pushes.map((push) => push.type));
    expect(types).toHaveLength(200);
    expect(new Set(types).size).toBe(200);
  });

  it('are ingested after the stream was deleted', async () => {
    const { pushes, errors } = await startIntake();
    await add('first');
    await waitForLength(0);
    await inUse.redis.del(stream());
    await add('second');
    await waitForLength(0);
    expect(pushes.map((push) => push.type)).toEqual(['first', 'second']);
    expect(errors).toEqual([]);
  });

  it('are claimed from a dead producer', async () => {
    await add('orphan');
    await inUse.redis.xgroup('CREATE', stream(), 'producers', '0');
    await inUse.redis.xreadgroup('GROUP', 'producers', 'dead', 'COUNT', 10, 'STREAMS', stream(), '>');
    const { pushes } = await startIntake();
    await waitForLength(0);
    expect(pushes.map((push) => push.type)).toEqual(['orphan']);
  });

  it('are retried after a failure, without delaying others', async () => {
    let failures = 0;
    const { pushes, errors } = await startIntake((push) => {
      if (push.type !== 'failing' || failures === 2) return Promise.resolve();
      failures += 1;
      return Promise.reject(new Error('PostgreSQL is unavailable'));
    });
    await inUse.redis
      .multi()
      .xadd(stream(), '*', 'type', 'failing')
      .xadd(stream(), '*', 'type', 'good')
      .exec();
    await waitForLength(1);
    await waitForLength(0);
    expect(pushes.filter((push) => push.type === 'good')).toHaveLength(1);
    expect(pushes.filter((push) => push.type === 'failing')).toHaveLength(3);
    expect(errors.map((error) => error.message)).toEqual([
      'PostgreSQL is unavailable',
      'PostgreSQL is unavailable',
    ]);
  });
});

describe('stopping', () => {
  it('stops at the deadline, and leaves a hanging event to another producer', async () => {
    const { consumer, pushes } = await startIntake(() => new Promise(() => {}));
    await add('hangs');
    await eventually(() => expect(pushes).toHaveLength(1));
    await consumer.stop(new Deadline(200));
    expect(await inUse.redis.xlen(stream())).toBe(1);
    const next = await startIntake();
    await waitForLength(0);
    expect(next.pushes.map((push) => push.type)).toEqual(['hangs']);
  });
});

describe('without Redis', () => {
  it('throws a one-line error', async () => {
    const options = { redisUrl: 'redis://127.0.0.1:1', prefix: 'p', onError: () => {} };
    await expect(consumeIntake(options, () => Promise.resolve())).rejects.toThrow(
      /^cannot reach Redis at 127\.0\.0\.1:1: [^\n]*ECONNREFUSED[^\n]*$/,
    );
  });
});
