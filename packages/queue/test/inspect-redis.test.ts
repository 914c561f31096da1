import { expect, it } from '@jest/globals';
import { Deadline } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { consumeEvents, inspectRedis } from '../src/index.js';
import { useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

it('returns the properties of the server', async () => {
  const { redisUrl, prefix } = inUse;
  const report = await inspectRedis({ redisUrl, prefix });
  expect(report).toEqual({
    installationId: null,
    isPopulated: false,
    producers: 0,
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
  expect(Math.abs(report.servers[0]?.clockOffsetMs ?? Number.NaN)).toBeLessThan(60_000);
});

it('returns the installation that uses the prefix', async () => {
  await inUse.queue.claimPrefix('id');
  const report = await inspectRedis({ redisUrl: inUse.redisUrl, prefix: inUse.prefix });
  expect(report.installationId).toBe('id');
});

it('detects that a producer has used the prefix', async () => {
  await inUse.queue.markPopulated();
  expect(await inspectRedis({ redisUrl: inUse.redisUrl, prefix: inUse.prefix })).toMatchObject({
    isPopulated: true,
  });
  expect(await inspectRedis({ redisUrl: inUse.redisUrl, prefix: 'another' })).toMatchObject({
    isPopulated: false,
  });
});

it('counts the producers that are running', async () => {
  const { redisUrl, prefix } = inUse;
  const consumer = await consumeEvents(
    { redisUrl, prefix, concurrency: 1, doorbell: { on: () => {} }, onError: () => {} },
    () => Promise.resolve(),
  );
  expect(await inspectRedis({ redisUrl, prefix })).toMatchObject({ producers: 1 });
  await consumer.stop(new Deadline(1000));
  await eventually(async () =>
    expect(await inspectRedis({ redisUrl, prefix })).toMatchObject({ producers: 0 }),
  );
});
