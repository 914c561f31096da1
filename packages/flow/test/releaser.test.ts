import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline, type Lane, newId, type WebhookStatus } from '@posthorn/core';
import { connect, type Database, holdDeliveries, listDueDeliveries } from '@posthorn/database';
import {
  consumeDeliveries,
  createDeliveryQueue,
  type DeliveryQueue,
  type DeliveryTask,
} from '@posthorn/queue';
import {
  eventually,
  type FreshDatabase,
  freshDatabase,
  type FreshQueuePrefix,
  freshQueuePrefix,
} from '@posthorn/testkit';
import { type FlowState, INITIAL_FLOW_STATE } from '../src/congestion-window.js';
import { createReleaser } from '../src/releaser.js';
import { createSlotStore, type FlowWebhook, type SlotRequest, type SlotStore } from '../src/slot-store.js';

let fresh: FreshDatabase;
let prefix: FreshQueuePrefix;
let database: Database;
let queue: DeliveryQueue;
let store: SlotStore;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.stop();
  await fresh.drop();
});
beforeEach(async () => {
  await database.pool.query('DELETE FROM delivery');
  prefix = freshQueuePrefix();
  queue = await createDeliveryQueue(prefix);
  store = await createSlotStore(prefix);
});
afterEach(async () => {
  await store.stop();
  await queue.stop();
  await prefix.clear();
});

const newReleaser = (changes: { queue?: Pick<DeliveryQueue, 'enqueue' | 'withoutJob'> } = {}) =>
  createReleaser({ pool: database.pool, queue, store, worker: 'one', ...changes });

interface WebhookRow {
  status?: WebhookStatus;
  rateLimit?: { limit: number; perSeconds: number };
}

async function addWebhook({ status = 'active', rateLimit }: WebhookRow = {}): Promise<FlowWebhook> {
  const id = newId();
  await database.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [id, id]);
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, rate_limit, rate_limit_seconds)
     VALUES ($1, $1, 'https://receiver.example/', '[]', 10000, $2, $3, $4)`,
    [id, status, rateLimit?.limit, rateLimit?.perSeconds],
  );
  return { id, epoch: 0, validatedAt: null, maxInFlight: 100, rateLimit: rateLimit ?? null };
}

interface Held {
  /** Milliseconds from now to when each is due. */
  dueInMs?: number[];
  attemptCount?: number;
}

/** Deliveries that are held, of which Redis knows nothing. */
async function addHeld(
  { id }: FlowWebhook,
  { dueInMs = [0], attemptCount = 0 }: Held = {},
): Promise<string[]> {
  const ids = dueInMs.map(() => newId());
  await database.pool.query(
    `INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, held)
     SELECT i.id, i.id, $1, $1, i.due_at, 0, $4, true FROM unnest($2::uuid[], $3::timestamptz[]) AS i (id, due_at)`,
    [id, ids, dueInMs.map((ms) => new Date(Date.now() + ms)), attemptCount],
  );
  return ids;
}

const count = (length: number) => Array.from({ length }, (_, index) => index);

/** What a worker tells the store of. */
async function tell(webhook: FlowWebhook, changes: Partial<SlotRequest>): Promise<number> {
  const request = {
    webhook,
    leased: 0,
    released: 0,
    fresh: 0,
    update: null,
    held: false,
    started: 0,
    ...changes,
  };
  const [reply] = await store.syncSlots('worker', [request]);
  return reply?.version ?? 0;
}

async function setState(webhook: FlowWebhook, state: Partial<FlowState>): Promise<void> {
  const version = await tell(webhook, {});
  await tell(webhook, { update: { version, state: { ...INITIAL_FLOW_STATE, ...state } } });
}

async function stillHeld(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM delivery WHERE held',
  );
  return rows[0]?.count ?? 0;
}

async function jobs(): Promise<Record<Lane, number>> {
  const { fast, slow, retry, replay } = await queue.depth();
  const sum = ({ waiting, delayed }: typeof fast) => waiting + delayed;
  return { fast: sum(fast), slow: sum(slow), retry: sum(retry), replay: sum(replay) };
}

/** Takes everything that waits in a lane, one after the other. */
async function takeAll(lane: Lane, expected: number): Promise<DeliveryTask[]> {
  const tasks: DeliveryTask[] = [];
  const consumer = await consumeDeliveries(
    { ...prefix, lane, concurrency: 1, enqueue: queue.enqueue, onError: () => {} },
    async (task) => {
      tasks.push(task);
      return { reschedule: null };
    },
  );
  try {
    await eventually(() => expect(tasks).toHaveLength(expected));
  } finally {
    await consumer.stop(new Deadline(1000));
  }
  return tasks;
}

describe('a round of the releaser', () => {
  it('gives as many as the webhook has room for to the workers, those due first, in that order', async () => {
    const webhook = await addWebhook();
    const ids = await addHeld(webhook, { dueInMs: [-10, -90, -50, ...count(20), -70, -30] });
    await tell(webhook, { held: true, fresh: 0, leased: 4 });
    await newReleaser()();
    expect(await jobs()).toEqual({ fast: 0, slow: 0, retry: 6, replay: 0 });
    const tasks = await takeAll('retry', 6);
    expect(tasks.map(({ deliveryId }) => deliveryId)).toEqual(
      [1, 23, 2, 24, 0, 3].map((index) => ids[index]),
    );
    expect(tasks.every(({ released }) => released)).toBe(true);
    expect(await stillHeld()).toBe(ids.length - 6);
  });

  it('gives no more before those have started, and then as many as have', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook, { dueInMs: count(50) });
    const release = newReleaser();
    await release();
    await release();
    expect(await stillHeld()).toBe(40);
    await tell(webhook, { started: 4, leased: 4 });
    await release();
    expect(await stillHeld()).toBe(40);
    // They are over.
    await tell(webhook, { started: 0, leased: 0 });
    await release();
    expect(await stillHeld()).toBe(36);
    await release();
    expect(await stillHeld()).toBe(36);
  });

  it('waits for those that never start for a while only', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook, { dueInMs: count(12) });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(2);
    await eventually(async () => {
      await release();
      expect(await stillHeld()).toBe(0);
    });
  });

  it('lets fresh ones go straight again when all are released', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook, { dueInMs: count(10) });
    await tell(webhook, { held: true });
    const release = newReleaser();
    await release();
    // There may be more than the ten that there was room for.
    expect(await store.webhooksWithHeld()).toEqual([webhook.id]);
    await tell(webhook, { started: 10 });
    await release();
    expect(await store.webhooksWithHeld()).toEqual([]);
    const [reply] = await store.syncSlots('other', [
      { webhook, leased: 0, released: 0, fresh: 1, update: null, held: false, started: 0 },
    ]);
    expect(reply).toMatchObject({ fresh: 1, refusal: null });
  });

  it('goes on with a webhook when another of its deliveries was held meanwhile', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook);
    await tell(webhook, { held: true });
    const holding = {
      ...queue,
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        await queue.enqueue(released);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await addHeld(webhook);
        await tell(webhook, { held: true });
      },
    };
    await newReleaser({ queue: holding })();
    expect(await store.webhooksWithHeld()).toEqual([webhook.id]);
    expect(await stillHeld()).toBe(1);
  });

  it('gives none while the receiver wants a pause', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook);
    await setState(webhook, { notBeforeMs: Date.now() + 300 });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(1);
    await eventually(async () => {
      await release();
      expect(await stillHeld()).toBe(0);
    });
  });

  it('gives what the rate limit lets through by the next rounds', async () => {
    const webhook = await addWebhook({ rateLimit: { limit: 10, perSeconds: 1 } });
    await addHeld(webhook, { dueInMs: count(20) });
    await newReleaser()();
    expect(await stillHeld()).toBe(15);
  });

  it('gives one in time for each slot of a slow rate limit', async () => {
    const webhook = await addWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    await addHeld(webhook, { dueInMs: count(3) });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(2);
    // It has its slot, and the next one is a minute away.
    await tell(webhook, { released: 1 });
    await tell(webhook, { started: 1 });
    await release();
    expect(await stillHeld()).toBe(2);
  });

  it('puts each into its lane', async () => {
    const [quick, slow] = [await addWebhook(), await addWebhook()];
    await database.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [slow.id]);
    await addHeld(quick);
    await addHeld(quick, { attemptCount: 1 });
    await addHeld(slow);
    await newReleaser()();
    expect(await jobs()).toEqual({ fast: 0, slow: 1, retry: 2, replay: 0 });
  });

  it('puts what comes due later where it waits for its time', async () => {
    await addHeld(await addWebhook(), { dueInMs: [60_000] });
    await newReleaser()();
    expect((await queue.depth()).retry).toEqual({ waiting: 0, active: 0, delayed: 1 });
  });

  it('is made for many webhooks in turn', async () => {
    const webhooks = [];
    for (let n = 0; n < 250; n += 1) webhooks.push(await addWebhook());
    for (const webhook of webhooks) await addHeld(webhook);
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(50);
    await release();
    expect(await stillHeld()).toBe(0);
  });

  it('does not stay with those that may be given nothing', async () => {
    const webhooks = [];
    for (let n = 0; n < 201; n += 1) webhooks.push(await addWebhook());
    await Promise.all(
      webhooks.slice(0, 200).map((webhook) => setState(webhook, { notBeforeMs: Date.now() + 60_000 })),
    );
    for (const webhook of webhooks) await addHeld(webhook);
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(201);
    await release();
    expect(await stillHeld()).toBe(200);
  });

  it('is made at once for a webhook that a worker told of', async () => {
    const release = newReleaser();
    await release();
    const webhook = await addWebhook();
    await addHeld(webhook);
    await tell(webhook, { held: true });
    await release();
    expect(await stillHeld()).toBe(0);
  });
});

describe('what Redis does not know of', () => {
  it('is found in PostgreSQL, and looked after until all of it is released', async () => {
    const webhook = await addWebhook();
    await addHeld(webhook, { dueInMs: count(25) });
    const release = newReleaser();
    for (const left of [15, 5, 0]) {
      await release();
      expect(await stillHeld()).toBe(left);
      await tell(webhook, { started: 10 });
    }
  });

  it('costs nothing while nothing is held', async () => {
    const { pool, stop } = connect({ url: fresh.url, applicationName: 'test' });
    const release = createReleaser({ pool, queue, store, worker: 'other' });
    await release();
    await stop();
    await expect(release()).resolves.toBeUndefined();
  });
});

describe('a webhook that is not active any more', () => {
  it.each<WebhookStatus>(['suspended', 'deleted'])(
    'is forgotten when it is %s, and what it left behind goes to the workers, which drop it',
    async (status) => {
      const webhook = await addWebhook({ status });
      const ids = await addHeld(webhook, { dueInMs: count(30) });
      await tell(webhook, { held: true });
      await newReleaser()();
      expect(await store.webhooksWithHeld()).toEqual([]);
      expect(await stillHeld()).toBe(0);
      expect(await queue.withoutJob(ids)).toEqual(new Set());
    },
  );
});

describe('a delivery whose old job is not over yet', () => {
  it('gets its new one as soon as it is', async () => {
    const [id = ''] = await addHeld(await addWebhook(), { attemptCount: 1 });
    // As it is a moment after a worker has held it.
    await queue.enqueue([{ deliveryId: id, dueAt: new Date(), lane: 'retry' }]);
    const release = newReleaser();
    await release();
    await release();
    expect(await stillHeld()).toBe(0);
    expect(await queue.withoutJob([id])).toEqual(new Set());
    await queue.withdraw(id, 'retry');
    await release();
    expect(await takeAll('retry', 1)).toMatchObject([{ deliveryId: id, released: true }]);
    await release();
    expect(await jobs()).toMatchObject({ retry: 0 });
  });
});

describe('a released delivery', () => {
  it('is none that lacks a job, at any moment', async () => {
    const [id = ''] = await addHeld(await addWebhook(), { dueInMs: [-60_000] });
    const lacking: string[] = [];
    const watched = {
      ...queue,
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        const due = await listDueDeliveries(database.pool, {
          dueBefore: new Date(),
          after: null,
          limit: 100,
        });
        lacking.push(...due.map((delivery) => delivery.id));
        await queue.enqueue(released);
      },
    };
    await newReleaser({ queue: watched })();
    expect(lacking).toEqual([]);
    expect(await queue.withoutJob([id])).toEqual(new Set());
  });

  it('may be held again by a worker that was quicker than the end of the round', async () => {
    const [id = ''] = await addHeld(await addWebhook());
    let holding = Promise.resolve();
    const quick = {
      ...queue,
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        await queue.enqueue(released);
        holding = holdDeliveries(database.pool, [id]);
      },
    };
    await newReleaser({ queue: quick })();
    await holding;
    expect(await stillHeld()).toBe(1);
  });

  it('is held still when it could not be given a job', async () => {
    await addHeld(await addWebhook());
    const failing = { ...queue, enqueue: () => Promise.reject(new Error('away')) };
    await expect(newReleaser({ queue: failing })()).rejects.toThrow('away');
    expect(await stillHeld()).toBe(1);
    await newReleaser()();
    expect(await stillHeld()).toBe(0);
    expect(await jobs()).toMatchObject({ retry: 1 });
  });
});

describe('two releasers', () => {
  it('are at it one at a time', async () => {
    await addHeld(await addWebhook(), { dueInMs: count(20) });
    let others = Promise.resolve();
    const slow = {
      ...queue,
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        others = newReleaser()();
        await others;
        await queue.enqueue(released);
      },
    };
    await newReleaser({ queue: slow })();
    expect(await stillHeld()).toBe(10);
  });
});
