import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { createDeliveryQueue, inspectRedis } from '../src/index.js';
import { useEvents } from './fixtures/use-events.js';
import { useQueue } from './fixtures/use-queue.js';
import { useRedisUser } from './fixtures/use-redis-user.js';

const inUse = useQueue();
const { pushJobs, startEvents } = useEvents(inUse);
const user = useRedisUser(inUse);

describe('a Redis user without dangerous commands, such as INFO', () => {
  it('consumes pushes', async () => {
    const { waitForPushes, errors } = await startEvents({
      redisUrl: await user.create('+@all', '-@dangerous'),
    });
    await pushJobs({ name: 'a', data: {} });
    expect(await waitForPushes(1)).toMatchObject([{ type: 'a' }]);
    expect(errors).toEqual([]);
  });

  it('shows the version of the server', async () => {
    const redisUrl = await user.create('+@all', '-@dangerous');
    const { prefix } = inUse;
    const full = await inspectRedis({ redisUrl: inUse.redisUrl, prefix });
    const report = await inspectRedis({ redisUrl, prefix });
    expect(report.producers).toBeNull();
    expect(report.servers).toMatchObject([
      { version: full.servers[0]?.version, maxmemoryPolicy: null, appendOnly: null },
    ]);
  });
});

it.each([[['-time', '-exists']], [['-get', '-exists']], [['-exists']], [['-get']], [['-time']]])(
  'an inspection that Redis does not permit is one error, and no rejection is left: %j',
  async (rules) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const redisUrl = await user.create('+@all', ...rules);
    await expect(inspectRedis({ redisUrl, prefix: inUse.prefix })).rejects.toThrow('NOPERM');
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  },
);

describe('a Redis user without a command or the keys that Posthorn needs', () => {
  it.each([
    [['+@all', '-xadd', '-zadd'], /^The Redis user may not run xadd, zadd on keys .+ docs\/servers\.md\.$/],
    [['+@all', '-@scripting'], /^The Redis user may not run scripts on keys .+ docs\/servers\.md\.$/],
    [
      ['resetkeys', '~other:*', '+@all'],
      /^The Redis user may not run scripts on keys .+ docs\/servers\.md\.$/,
    ],
  ])('is refused with one line: %j', async (rules, message) => {
    const redisUrl = await user.create(...rules);
    await expect(createDeliveryQueue({ redisUrl, prefix: inUse.prefix })).rejects.toThrow(message);
  });

  it('is accepted if it is restricted to the prefix', async () => {
    const redisUrl = await user.create('resetkeys', `~${inUse.prefix}:*`, '+@all');
    await (await createDeliveryQueue({ redisUrl, prefix: inUse.prefix })).stop();
  });
});

describe('a permission that is revoked while a consumer runs', () => {
  it.each(['-evalsha', '-rpoplpush', '-bzpopmin'])(
    '%s: retries at a low rate until it is granted',
    async (rule) => {
      const redisUrl = await user.create('+@all');
      const { errors, waitForPushes } = await startEvents({ redisUrl });
      await pushJobs({ name: 'a', data: {} });
      await waitForPushes(1);
      await user.change(rule);
      await pushJobs({ name: 'b', data: {} });
      await eventually(() => expect(errors.length).toBeGreaterThan(0));
      const before = errors.length;
      await sleep(1000);
      // Without a pause there would be thousands.
      expect(errors.length - before).toBeLessThan(50);
      await user.change('+@all');
      expect(await waitForPushes(2)).toMatchObject([{ type: 'a' }, { type: 'b' }]);
    },
  );
});
