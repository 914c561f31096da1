import { expect, it } from '@jest/globals';
import { inspectRedis } from '../src/index.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

it('tells what Redis says of itself', async () => {
  const { redisUrl, prefix } = inUse;
  const report = await inspectRedis({ redisUrl, prefix });
  expect(report).toEqual({
    isPopulated: false,
    servers: [
      {
        address: new URL(redisUrl).host,
        software: expect.stringMatching(/^(Redis|Valkey)$/),
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        maxmemoryPolicy: 'noeviction',
        appendOnly: true,
        clockOffsetMs: expect.any(Number),
      },
    ],
  });
  expect(Math.abs(report.servers[0]?.clockOffsetMs ?? Number.NaN)).toBeLessThan(1000);
});

it('sees that a producer has been under its prefix', async () => {
  await inUse.queue.markPopulated();
  expect(await inspectRedis({ redisUrl: inUse.redisUrl, prefix: inUse.prefix })).toMatchObject({
    isPopulated: true,
  });
  expect(await inspectRedis({ redisUrl: inUse.redisUrl, prefix: 'another' })).toMatchObject({
    isPopulated: false,
  });
});
