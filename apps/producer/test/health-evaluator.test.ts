import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { createSlotStore, INITIAL_FLOW_STATE, type SlotStore } from '@posthorn/flow';
import { freshQueuePrefix } from '@posthorn/testkit';
import { createHealthEvaluator } from '../src/statistics/health-evaluator.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase({ forAll: true });
let store: SlotStore;
beforeEach(async () => {
  store = await createSlotStore(freshQueuePrefix());
});
afterEach(() => store.stop());

const errors: unknown[] = [];
const onError = (error: unknown) => errors.push(error);

interface Limits {
  rateLimit?: { limit: number; perSeconds: number };
  pauseMs?: number;
}

/** Creates a webhook with a delivery that its worker has just held. */
async function addHolding({ rateLimit, pauseMs }: Limits): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, rate_limit, rate_limit_seconds)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 10000, 'active', $3, $4)`,
    [id, DEFAULT_TENANT_ID, rateLimit?.limit, rateLimit?.perSeconds],
  );
  const tenant = { tenantId: DEFAULT_TENANT_ID, tenantEpoch: 0 };
  const limits = { maxInFlight: 100, rateLimit: rateLimit ?? null };
  const webhook = { id, ...tenant, epoch: 0, validatedAt: null, ...limits };
  const update = { version: 0, state: INITIAL_FLOW_STATE, pauseMs: pauseMs ?? null, isHalved: false };
  await store.syncSlots('worker', [
    { webhook, leased: 0, released: 0, fresh: 0, update, held: true, endedWaits: 0 },
  ]);
  return id;
}

async function healthOf(id: string): Promise<unknown> {
  const { rows } = await database.pool.query('SELECT health FROM webhook WHERE id = $1', [id]);
  return rows[0]?.health;
}

const evaluate = (from: Pick<SlotStore, 'webhooksWithHeld' | 'snapshots'>) =>
  createHealthEvaluator({ pool: database.pool, store: from, onError })(new Date());

describe('the health evaluator', () => {
  it.each<[string, Limits, string]>([
    ['throttled by its rate limit', { rateLimit: { limit: 1, perSeconds: 60 } }, 'throttled'],
    ['throttled by a Retry-After', { pauseMs: 60_000 }, 'throttled'],
    ['healthy while its window is full', {}, 'healthy'],
    [
      'healthy while its window allows less than its rate limit',
      { rateLimit: { limit: 1000, perSeconds: 1 } },
      'healthy',
    ],
  ])('finds a webhook %s', async (_name, limits, expected) => {
    const id = await addHolding(limits);
    await evaluate(store);
    expect(await healthOf(id)).toBe(expected);
  });

  it('evaluates without Redis, and keeps throttled webhooks', async () => {
    const throttled = await addHolding({ pauseMs: 60_000 });
    const unavailable = { ...store, webhooksWithHeld: () => Promise.reject(new Error('Redis unavailable')) };
    await evaluate(store);
    await evaluate(unavailable);
    expect(await healthOf(throttled)).toBe('throttled');
    expect(errors).toEqual([new Error('Redis unavailable')]);
    await store.removeHeld([throttled]);
    await evaluate(store);
    expect(await healthOf(throttled)).toBe('healthy');
  });
});
