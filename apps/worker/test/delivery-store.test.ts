import { describe, expect, it } from '@jest/globals';
import { MAX_READ_AGE_MS, newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import type { DeliveryTask } from '@posthorn/queue';
import { createLogger, Registry } from '@posthorn/runtime';
import { createDeliveryStore } from '../src/delivery-store.js';
import { workerMetrics } from '../src/worker-metrics.js';

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
  const state = { clockMs: 0, wallOffsetMs: 0, batches: [] as string[][] };
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
          id,
          deferred: remaining.has(id),
          body: '{}',
          deflated_body: null,
          webhook_id: WEBHOOK_ID,
          webhook_version: '700',
        })),
      };
    },
  } as unknown as Pool;
  const store = createDeliveryStore({
    pool,
    hotPathPool: pool,
    logger: createLogger({ service: 'worker', level: 'error' }),
    metrics: workerMetrics(new Registry()),
    reportInternalError: () => {},
    moment: () => ({ monotonicMs: state.clockMs, wallMs: START_MS + state.clockMs + state.wallOffsetMs }),
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

/** A store that has read the webhook at time 0. */
async function storeWithWebhook() {
  const { state, store } = storeWith({ statementMs: 0 });
  await store.load(newId());
  return { state, store };
}

interface Age {
  clockMs: number;
  storedMs: number;
  wallOffsetMs?: number;
}

describe('a carried delivery', () => {
  const AT_0 = { monotonicMs: 0, wallMs: START_MS };
  const at = (ms: number) => ({ monotonicMs: ms, wallMs: START_MS + ms });

  /** A task whose job carries a delivery that was stored at `readAt`. */
  const taskWith = (readAt = AT_0, webhook: object = {}): DeliveryTask => ({
    deliveryId: newId(),
    lane: 'fast',
    released: false,
    prioritized: false,
    priority: 0,
    crashes: 0,
    carried: {
      delivery: {
        eventId: newId(),
        webhookId: WEBHOOK_ID,
        webhookVersion: '700',
        ...webhook,
        epoch: 4,
        nextAttemptAt: new Date(START_MS),
        eventType: 'invoice.paid',
        body: '{"id":"evt_1"}',
        traceContext: null,
        attributes: null,
      },
      readAt,
    },
  });

  it('is joined with the webhook that was read just before, and counts from the older of both reads', async () => {
    const { state, store } = await storeWithWebhook();
    state.clockMs = 300;
    const task = taskWith(at(290));
    expect(store.readCarried(task)).toMatchObject({
      loaded: {
        delivery: { id: task.deliveryId, epoch: 4, attemptCount: 0, dueInMs: 0, replayed: false },
        webhook: { id: WEBHOOK_ID },
        body: '{"id":"evt_1"}',
      },
      readAt: AT_0,
      dueAtMs: 290,
    });
    expect(state.batches).toHaveLength(1);
  });

  it('is loaded if the job carries none, or its webhook was not read, or has changed since', async () => {
    const { store } = await storeWithWebhook();
    expect(store.readCarried(taskWith())).toBeDefined();
    expect(store.readCarried({ ...taskWith(), carried: null })).toBeUndefined();
    expect(store.readCarried(taskWith(AT_0, { webhookId: newId() }))).toBeUndefined();
    expect(store.readCarried(taskWith(AT_0, { webhookVersion: '701' }))).toBeUndefined();
  });

  it.each([
    ['its webhook was read half of the maximum age ago', { clockMs: MAX_READ_AGE_MS / 2, storedMs: 345 }],
    ['it is 100 ms old, so its job may be a second one', { clockMs: 110, storedMs: 10 }],
    ['the clock of Redis was set back', { clockMs: 10, storedMs: 11 }],
    ['the wall clock was set forward, as after a pause', { clockMs: 10, storedMs: 5, wallOffsetMs: 1000 }],
    ['the wall clock was set back', { clockMs: 10, storedMs: 5, wallOffsetMs: -20 }],
  ])('is loaded if %s', async (_case, { clockMs, storedMs, wallOffsetMs = 0 }: Age) => {
    const { state, store } = await storeWithWebhook();
    state.clockMs = clockMs;
    state.wallOffsetMs = wallOffsetMs;
    expect(store.readCarried(taskWith(at(storedMs)))).toBeUndefined();
    // Right before, it is not.
    state.clockMs = Math.max(clockMs - 1, storedMs);
    state.wallOffsetMs = 0;
    expect(store.readCarried(taskWith(at(storedMs)))).toBeDefined();
  });
});
