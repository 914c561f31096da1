import { describe, expect, it } from '@jest/globals';
import { newId, createSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { createLogger, Registry } from '@posthorn/runtime';
import { createDeliveryStore } from '../../src/store/delivery-store.js';
import { KnownWebhooks } from '../../src/store/known-webhooks.js';
import { workerMetrics } from '../../src/reports/worker-metrics.js';

const WEBHOOK_ID = newId();
const START_MS = Date.parse('2026-01-31T12:00:00Z');

/** Returns a store on a database whose statements take `statementMs`, one at a time, by a clock that nothing else advances. */
function storeWith({
  statementMs,
  deferred = [],
  damaged,
}: {
  statementMs: number;
  deferred?: string[];
  /** A delivery whose row PostgreSQL cannot read. */
  damaged?: string;
}) {
  const state = { clockMs: 0, batches: [] as string[][] };
  const pool = {
    options: {},
    // A single delivery is loaded by its id, several by an array of ids.
    query: async ({ values: [value] }: { values: [string | string[]] }) => {
      const ids = [value].flat();
      state.batches.push(ids);
      state.clockMs += statementMs;
      if (damaged !== undefined && ids.includes(damaged)) throw new Error('invalid page');
      const remaining = new Set(deferred.splice(0));
      return {
        rows: ids.map((id) => ({
          deliveryId: id,
          deferred: remaining.has(id),
          body: '{}',
          deflatedBody: null,
          id: WEBHOOK_ID,
          version: '700',
        })),
      };
    },
  } as unknown as Pool;
  const store = createDeliveryStore({
    pool,
    hotPathPool: pool,
    sealer: createSealer(Buffer.alloc(32, 7)),
    logger: createLogger({ service: 'worker', level: 'error' }),
    metrics: workerMetrics(new Registry()),
    reportInternalError: () => {},
    webhooks: new KnownWebhooks(() => 0),
    enqueue: async () => {},
    moment: () => ({ monotonicMs: state.clockMs, wallMs: START_MS + state.clockMs }),
  });
  return { state, store };
}

/** Lets the statement of earlier calls begin. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('the time of a read', () => {
  it('is when its statement is sent, not when the delivery began to wait for the previous one', async () => {
    const { state, store } = storeWith({ statementMs: 400 });
    const first = store.load(newId());
    await nextTurn();
    const second = store.load(newId());
    expect([(await first)?.readAt.monotonicMs, (await second)?.readAt.monotonicMs]).toEqual([0, 400]);
    expect(state.batches).toHaveLength(2);
  });

  it('is that of the statement that returned the delivery, if it was deferred', async () => {
    const [small, large] = [newId(), newId()];
    const { state, store } = storeWith({ statementMs: 400, deferred: [large] });
    const reads = await Promise.all([store.load(small), store.load(large)]);
    expect(reads.map((read) => read?.readAt.monotonicMs)).toEqual([0, 400]);
    expect(reads.map((read) => read?.readAt.wallMs)).toEqual([START_MS, START_MS + 400]);
    expect(state.batches).toEqual([[small, large], [large]]);
  });
});

it('a delivery that cannot be loaded fails alone, and not the others of its batch', async () => {
  const [damaged, ...others] = [newId(), newId(), newId()];
  const { store } = storeWith({ statementMs: 1, damaged });
  const loads = await Promise.allSettled([damaged, ...others].map((id) => store.load(id)));
  expect(loads.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});
