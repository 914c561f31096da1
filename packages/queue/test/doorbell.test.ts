import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { createDeliveryQueue, type Doorbell, openDoorbell, wakeStream } from '../src/index.js';

let fresh: FreshQueuePrefix;
let redis: Redis;
let doorbell: Doorbell;
let wakeUps: string[];
const key = (name: string) => `${fresh.prefix}:${name}`;

/** Less than the 10 s that a read takes at most. */
const SOON_MS = 8000;

/** A database that no other test uses, so that its clients are those of this test. */
const DATABASE = 1;

beforeEach(async () => {
  fresh = freshQueuePrefix();
  fresh.redisUrl = new URL(`/${DATABASE}`, fresh.redisUrl).href;
  redis = new Redis(fresh.redisUrl);
  wakeUps = [];
  doorbell = await openDoorbell({ ...fresh, streams: [key('one'), key('two')] });
  for (const name of ['one', 'two']) doorbell.on(key(name), () => wakeUps.push(name));
});
afterEach(async () => {
  await doorbell.stop();
  await redis.flushdb();
  redis.disconnect();
});

async function clients(): Promise<string[]> {
  const lines = String(await redis.client('LIST')).split('\n');
  return lines.filter((line) => line.includes(` db=${DATABASE} `));
}

const isBlocked = (client: string): boolean => / flags=b/.test(client) && / cmd=xread /.test(client);

/** Waits until the doorbell reads, which ends with the next entry. */
async function waitUntilBlocked(): Promise<void> {
  await eventually(async () => {
    expect((await clients()).filter(isBlocked)).not.toEqual([]);
  });
}

const waitForWakeUps = (expected: string[]) => eventually(() => expect(wakeUps).toEqual(expected));

describe('a doorbell', () => {
  it('wakes those who wait for a stream when an entry is added to it', async () => {
    await waitUntilBlocked();
    wakeUps = [];
    const addedAt = performance.now();
    await redis.xadd(key('two'), '*', 'type', 'a');
    await waitForWakeUps(['two']);
    expect(performance.now() - addedAt).toBeLessThan(SOON_MS);
    await waitUntilBlocked();
    await redis.xadd(key('one'), '*', 'type', 'a');
    await waitForWakeUps(['two', 'one']);
  });

  it('wakes them again for an entry that is added while nobody reads', async () => {
    await waitUntilBlocked();
    wakeUps = [];
    let isSecondAdded = false;
    doorbell.on(key('one'), () => {
      if (isSecondAdded) return;
      isSecondAdded = true;
      void redis.xadd(key('one'), '*', 'type', 'b');
    });
    await redis.xadd(key('one'), '*', 'type', 'a');
    await waitForWakeUps(['one', 'one']);
  });

  it('wakes them for entries that another process removes at once', async () => {
    await waitUntilBlocked();
    wakeUps = [];
    for (const count of [1, 2]) {
      const id = await redis.xadd(key('one'), '*', 'type', 'a');
      await redis.xdel(key('one'), id ?? '');
      await eventually(() => expect(wakeUps.length).toBeGreaterThanOrEqual(count));
      await waitUntilBlocked();
    }
  });

  it('wakes them for an entry of any size, of which it reads little', async () => {
    await waitUntilBlocked();
    wakeUps = [];
    await redis.xadd(key('one'), '*', 'data', 'x'.repeat(8 * 1024 * 1024));
    await eventually(() => expect(wakeUps).toContain('one'));
    const sizes = (await clients()).map((line) => Number(/ omem=(\d+)/.exec(line)?.[1]));
    expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
  });

  it('stops while it waits', async () => {
    await waitUntilBlocked();
    const stoppedAt = performance.now();
    await doorbell.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(SOON_MS);
  });
});

it('calls that wake the same processes within a moment ring once, and leave one entry', async () => {
  const queue = await createDeliveryQueue(fresh);
  const stream = wakeStream(fresh.prefix, 'workers');
  try {
    for (const _ of Array.from({ length: 50 })) queue.wake('workers');
    await eventually(async () => expect(await redis.xinfo('STREAM', stream)).toContain('entries-added'));
    queue.wake('workers');
    await eventually(async () => {
      const info = (await redis.xinfo('STREAM', stream)) as unknown[];
      const valueOf = (name: string) => info[info.indexOf(name) + 1];
      expect([valueOf('entries-added'), valueOf('length')]).toEqual([2, 1]);
    });
  } finally {
    await queue.stop();
  }
});
