import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Deadline } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { consumeIntake } from '../src/index.js';
import { Gate } from './fixtures/gate.js';
import { useIntake } from './fixtures/use-intake.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();
const { add, readAndDie, startIntake, stream, waitForLength } = useIntake(inUse);

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
    // None of them takes a pause of the machine for the death of another one.
    const patient = { claimAfterMs: 60_000 };
    const producers = await Promise.all([1, 2, 3].map(() => startIntake(undefined, patient)));
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
    await readAndDie();
    const { pushes } = await startIntake();
    await waitForLength(0);
    expect(pushes.map((push) => push.type)).toEqual(['orphan']);
  });

  it('are not claimed from a producer that takes long to ingest them', async () => {
    // So long that a pause of the machine is no death.
    const patient = { claimAfterMs: 3000 };
    const gate = new Gate();
    const slow = await startIntake(() => gate.opened, patient);
    await add('slow');
    await eventually(() => expect(slow.pushes).toHaveLength(1));
    const others = await startIntake(undefined, patient);
    await sleep(4000);
    gate.open();
    await waitForLength(0);
    expect(others.pushes).toEqual([]);
    expect(slow.pushes).toHaveLength(1);
    expect(slow.errors).toEqual([]);
  });

  it('leave no consumer of a dead producer behind', async () => {
    await add('orphan');
    await readAndDie();
    await startIntake();
    await waitForLength(0);
    await eventually(async () => {
      const consumers = await inUse.redis.xinfo('CONSUMERS', stream(), 'producers');
      expect(consumers).toHaveLength(1);
    });
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
    await waitForLength(0);
    expect(pushes.map((push) => push.type)).toEqual(['failing', 'good', 'failing', 'failing']);
    expect(errors.map((error) => error.message)).toEqual([
      'PostgreSQL is unavailable',
      'PostgreSQL is unavailable',
    ]);
  });
});

describe('an entry with an id far in the future', () => {
  const LAST_MS = '18446744073709551615';

  it.each([`${LAST_MS}-1`, `${LAST_MS}-${LAST_MS}`])(
    '(%s) is ingested; later entries get the current time again',
    async (id) => {
      await add('first');
      await add('poison', id);
      const { pushes, errors } = await startIntake();
      await waitForLength(0);
      await eventually(() => expect(errors).toHaveLength(1));
      const nextId = await add('next');
      await waitForLength(0);
      expect(pushes.map(({ type }) => type)).toEqual(['first', 'poison', 'next']);
      expect(pushes[1]?.pushedAt.getTime()).toBeGreaterThan(Date.now());
      expect(Number(nextId.split('-')[0])).toBeLessThan(Date.now() + 60_000);
      expect(errors.map(({ message }) => message)).toEqual([
        `recreated the stream ${stream()}: a publisher had set an id far in the future`,
      ]);
    },
  );

  it('is another event than an entry with the same id before', async () => {
    const { pushes } = await startIntake();
    const ids = [`${LAST_MS}-1`, `${LAST_MS}-1`];
    for (const id of ids) {
      await eventually(() => add('poison', id));
      await eventually(async () => expect(await inUse.redis.exists(`${stream()}-generation`)).toBe(1));
      await waitForLength(0);
    }
    await eventually(() => expect(pushes).toHaveLength(2));
    expect(new Set(pushes.map(({ id }) => id)).size).toBe(2);
  });

  it('does not make the stream lose an entry that is still in progress', async () => {
    const gate = new Gate();
    await add('first');
    const { pushes, errors } = await startIntake(({ type }) =>
      type === 'first' ? gate.opened : Promise.resolve(),
    );
    await eventually(() => expect(pushes).toHaveLength(1));
    await add('poison', `${LAST_MS}-1`);
    const other = await startIntake();
    await eventually(() => expect(other.pushes.map(({ type }) => type)).toContain('poison'));
    await add('next');
    await eventually(() => expect(other.pushes.map(({ type }) => type)).toContain('next'));
    expect(errors).toEqual([]);
    gate.open();
    await waitForLength(0);
  });
});

describe('stopping', () => {
  it('stops at the deadline, and leaves a hanging event to another producer', async () => {
    const { consumer, pushes } = await startIntake(() => new Promise(() => {}));
    await add('hangs');
    await eventually(() => expect(pushes).toHaveLength(1));
    await consumer.stop(new Deadline(200));
    expect(await inUse.redis.xlen(stream())).toBe(1);
    expect(await inUse.redis.xpending(stream(), 'producers', '-', '+', 1)).toMatchObject([
      [expect.anything(), expect.anything(), expect.anything(), 1],
    ]);
    const next = await startIntake();
    await waitForLength(0);
    expect(next.pushes.map((push) => push.type)).toEqual(['hangs']);
  });
});

describe('without Redis', () => {
  it('throws a one-line error', async () => {
    const doorbell = { on: () => {} };
    const options = { redisUrl: 'redis://127.0.0.1:1', prefix: 'p', doorbell, onError: () => {} };
    await expect(consumeIntake(options, () => Promise.resolve())).rejects.toThrow(
      /^cannot reach Redis at 127\.0\.0\.1:1: [^\n]*ECONNREFUSED[^\n]*$/,
    );
  });
});
