import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { type OwnRedis, startOwnRedis } from '@posthorn/testkit';
import { createSlotStore } from '../src/slots/slot-store.js';
import { openTaskShares } from '../src/fairness/task-shares.js';

let server: OwnRedis;
const settings = () => ({ redisUrl: server.redisUrl, prefix: 'full' });

beforeEach(async () => {
  server = await startOwnRedis('--maxmemory-policy', 'noeviction');
});
afterEach(() => server.stop());

it('assigns slots in a Redis above its maxmemory, so that deliveries go on', async () => {
  const store = await createSlotStore(settings());
  await server.redis.config('SET', 'maxmemory', '1000');
  const tenant = { tenantId: newId(), tenantEpoch: 0 };
  const webhook = { id: newId(), ...tenant, epoch: 1, validatedAt: null, maxInFlight: 100, rateLimit: null };
  const request = { webhook, leased: 0, released: 0, fresh: 3, update: null, held: false, endedWaits: 0 };
  expect(await store.syncSlots('worker', [request])).toMatchObject([{ fresh: 3 }]);
  await store.stop();
});

it('renews leases of tasks in a Redis above its maxmemory', async () => {
  const shares = await openTaskShares(settings(), 'one');
  await server.redis.config('SET', 'maxmemory', '1000');
  expect((await shares.join('release')).isFirst).toBe(true);
  await shares.stop();
});
