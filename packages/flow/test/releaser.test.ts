import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Deadline, type Lane, newId, type WebhookStatus } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { holdDeliveries, listDueDeliveries } from '@posthorn/database/deliveries';
import { setSlow, startTokenFetch, storeTokenFailure, takeTokenFailure } from '@posthorn/database/webhooks';
import {
  addPendingRows,
  addTenant,
  addWebhook,
  removeDeliveries,
  suspendTenant,
  readPending,
} from '@posthorn/database/fixtures';
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
  overriding,
} from '@posthorn/testkit';
import { type FlowState, INITIAL_FLOW_STATE } from '../src/slots/congestion-window.js';
import { createReleaser, type ReleaserDeps } from '../src/releases/releaser.js';
import { replayTurn } from '../src/fairness/replay-turn.js';
import { RetryPriorities } from '../src/fairness/retry-priorities.js';
import { TaskShare } from '../src/fairness/task-share.js';
import type { SlotRequest, SlotWebhook } from '../src/slots/slot-messages.js';
import { createSlotStore, type SlotStore } from '../src/slots/slot-store.js';

let fresh: FreshDatabase;
let prefix: FreshQueuePrefix;
let database: Database;
let queue: DeliveryQueue;
let store: SlotStore;
/** The clock of the flow states. */
let clockMs = 0;
const nowMs = () => clockMs;
/** The workers that release. */
let members: string[];
const priorities = new RetryPriorities(nowMs);

beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.stop();
  await fresh.drop();
});
beforeEach(async () => {
  await removeDeliveries(database.pool);
  prefix = freshQueuePrefix();
  queue = await createDeliveryQueue(prefix);
  store = await createSlotStore(prefix, nowMs);
  members = ['one'];
});
afterEach(async () => {
  await store.stop();
  await queue.stop();
  await prefix.clear();
});

/** Creates the releaser of a worker, by default the only one. */
function newReleaser({ worker = 'one', ...changes }: { worker?: string } & Partial<ReleaserDeps> = {}) {
  const shares = { join: () => Promise.resolve(new TaskShare(worker, members)) };
  const permits = { releasable: () => Infinity };
  return createReleaser({
    pool: database.pool,
    queue,
    priorities,
    permits,
    shares,
    store,
    nowMs,
    ...changes,
  });
}

interface Webhook {
  tenantId?: string;
  authSealed?: string;
  status?: WebhookStatus;
  rateLimit?: { limit: number; perSeconds: number };
}

async function newWebhook({ status, rateLimit, ...row }: Webhook = {}): Promise<SlotWebhook> {
  const { tenantId = await addTenant(database.pool), authSealed } = row;
  const columns = {
    auth_sealed: authSealed,
    rate_limit: rateLimit?.limit,
    rate_limit_seconds: rateLimit?.perSeconds,
  };
  const id = await addWebhook(database.pool, { tenantId, status, columns });
  const tenant = { tenantId, tenantEpoch: 0 };
  return { id, ...tenant, epoch: 0, validatedAt: null, maxInFlight: 100, rateLimit: rateLimit ?? null };
}

interface Held {
  replayed?: boolean;
  /** When each of them is due, in milliseconds from now. */
  dueInMs?: number[];
  attemptCount?: number;
}

/** Inserts held deliveries that Redis does not know. */
async function addHeld(
  { id }: SlotWebhook,
  { dueInMs = [0], attemptCount = 0, replayed = false }: Held = {},
): Promise<string[]> {
  const row = { webhookId: id, attemptCount, held: true, replayId: replayed ? newId() : null };
  return addPendingRows(
    database.pool,
    dueInMs.map((ms) => ({ ...row, dueInMs: ms })),
  );
}

const count = (length: number) => Array.from({ length }, (_, index) => index);

/** Syncs a worker with the store. Returns the version of the flow state. */
async function sync(webhook: SlotWebhook, changes: Partial<SlotRequest>): Promise<number> {
  const request = {
    webhook,
    leased: 0,
    released: 0,
    fresh: 0,
    update: null,
    held: false,
    endedWaits: 0,
    ...changes,
  };
  const [reply] = await store.syncSlots('worker', [request]);
  return reply?.version ?? 0;
}

async function setState(
  webhook: SlotWebhook,
  state: Partial<FlowState>,
  pauseMs: number | null = null,
): Promise<void> {
  const version = await sync(webhook, {});
  const update = { version, state: { ...INITIAL_FLOW_STATE, ...state }, pauseMs, isHalved: false };
  await sync(webhook, { update });
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

/** Consumes all deliveries of a lane, one after the other. */
async function consumeAll(lane: Lane, expected: number): Promise<DeliveryTask[]> {
  const tasks: DeliveryTask[] = [];
  const consumer = await consumeDeliveries(
    {
      ...prefix,
      lane,
      concurrency: 1,
      enqueue: (toAdd) => queue.enqueue(toAdd),
      onMalformed: () => {},
      onError: () => {},
    },
    async (task) => {
      tasks.push(task);
      return { reschedule: null };
    },
  );
  try {
    await eventually(() => expect(tasks).toHaveLength(expected));
  } finally {
    await consumer.stop(new Deadline(30_000));
  }
  return tasks;
}

describe('a run of the releaser', () => {
  it('releases as many deliveries as slots are free, in the order of their due times', async () => {
    const webhook = await newWebhook();
    const ids = await addHeld(webhook, { dueInMs: [-10, -90, -50, ...count(20), -70, -30] });
    await sync(webhook, { held: true, fresh: 0, leased: 4 });
    await newReleaser()();
    expect(await jobs()).toEqual({ fast: 0, slow: 0, retry: 6, replay: 0 });
    const tasks = await consumeAll('retry', 6);
    expect(tasks.map(({ deliveryId }) => deliveryId)).toEqual(
      [1, 23, 2, 24, 0, 3].map((index) => ids[index]),
    );
    expect(tasks.every(({ released }) => released)).toBe(true);
    expect(await stillHeld()).toBe(ids.length - 6);
  });

  it('does not release more until the released ones have started', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook, { dueInMs: count(50) });
    const release = newReleaser();
    await release();
    await release();
    expect(await stillHeld()).toBe(40);
    await sync(webhook, { endedWaits: 4, leased: 4 });
    await release();
    expect(await stillHeld()).toBe(40);
    // They have ended.
    await sync(webhook, { endedWaits: 0, leased: 0 });
    await release();
    expect(await stillHeld()).toBe(36);
    await release();
    expect(await stillHeld()).toBe(36);
  });

  it('stops waiting for deliveries that never start', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook, { dueInMs: count(12) });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(2);
    clockMs += 2400;
    await release();
    expect(await stillHeld()).toBe(2);
    clockMs += 200;
    await release();
    expect(await stillHeld()).toBe(0);
  });

  it('clears the held mark when all deliveries are released', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook, { dueInMs: count(10) });
    await sync(webhook, { held: true });
    const release = newReleaser();
    await release();
    // There may be more than the ten that slots were free for.
    expect((await store.webhooksWithHeld()).ids).toEqual([webhook.id]);
    await sync(webhook, { endedWaits: 10 });
    await release();
    expect((await store.webhooksWithHeld()).ids).toEqual([]);
    const [reply] = await store.syncSlots('other', [
      { webhook, leased: 0, released: 0, fresh: 1, update: null, held: false, endedWaits: 0 },
    ]);
    expect(reply).toMatchObject({ fresh: 1, refusal: null });
  });

  it('keeps the webhook listed if another delivery was held in the meantime', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook);
    await sync(webhook, { held: true });
    const holding = overriding(queue, {
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        await queue.enqueue(released);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await addHeld(webhook);
        await sync(webhook, { held: true });
      },
    });
    await newReleaser({ queue: holding })();
    expect((await store.webhooksWithHeld()).ids).toEqual([webhook.id]);
    expect(await stillHeld()).toBe(1);
  });

  it('releases nothing before notBeforeMs', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook);
    await setState(webhook, {}, 60_000);
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(1);
    await setState(webhook, {}, 0);
    await release();
    expect(await stillHeld()).toBe(1);
    // The next visit, at the latest after a second, finds that the pause is over.
    clockMs += 1000;
    await release();
    expect(await stillHeld()).toBe(0);
  });

  it('releases one delivery in time for each start of a slow rate limit', async () => {
    const webhook = await newWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    await addHeld(webhook, { dueInMs: count(3) });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(2);
    // It has started, and the next start is a minute away.
    await sync(webhook, { released: 1 });
    await sync(webhook, { endedWaits: 1 });
    clockMs += 1000;
    await release();
    expect(await stillHeld()).toBe(2);
  });

  it('enqueues each delivery in its lane', async () => {
    const [fast, slow] = [await newWebhook(), await newWebhook()];
    await setSlow(database.pool, [{ ...slow, slow: true }]);
    await addHeld(fast);
    await addHeld(fast, { attemptCount: 1 });
    await addHeld(slow);
    await newReleaser()();
    expect(await jobs()).toEqual({ fast: 0, slow: 1, retry: 2, replay: 0 });
  });

  it('enqueues replayed deliveries so that their webhooks take turns, with each other and with replays', async () => {
    const replaying = count(50).map((n) => ({
      deliveryId: newId(),
      lane: 'replay' as const,
      priority: replayTurn(250 + n),
    }));
    await queue.enqueue(replaying);
    const [one, other] = [await newWebhook(), await newWebhook()];
    const dueBefore = (latestMs: number) => count(5).map((ms) => ms - latestMs);
    const ids = await addHeld(one, { dueInMs: dueBefore(2000), replayed: true });
    const otherIds = await addHeld(other, { dueInMs: dueBefore(1000), replayed: true });
    await newReleaser()();
    const order = (await consumeAll('replay', 60)).map(({ deliveryId }) => deliveryId);
    expect(order.slice(0, 10)).toEqual(ids.flatMap((id, n) => [id, otherIds[n]]));
    expect(order.slice(10)).toEqual(replaying.map(({ deliveryId }) => deliveryId));
  });

  it('enqueues a delivery that is not due as a delayed job', async () => {
    await addHeld(await newWebhook(), { dueInMs: [60_000] });
    await newReleaser()();
    expect((await queue.depth()).retry).toEqual({ waiting: 0, active: 0, delayed: 1 });
  });

  it('releases for every webhook, with several statements for very many', async () => {
    await Promise.all(count(510).map(async () => addHeld(await newWebhook())));
    await newReleaser()();
    expect(await stillHeld()).toBe(0);
  });

  it('releases what the rate limit allows soon, for the times of its starts', async () => {
    const webhook = await newWebhook({ rateLimit: { limit: 5, perSeconds: 1 } });
    await addHeld(webhook, { dueInMs: count(20) });
    await newReleaser()();
    expect(await stillHeld()).toBe(14);
    // The first one runs now, the others 150 ms before their starts.
    expect((await queue.depth()).retry).toEqual({ waiting: 1, active: 0, delayed: 5 });
  });

  it('releases as many deliveries of a tenant as find a permit, and all of another one', async () => {
    const ofOne = await addTenant(database.pool);
    for (let n = 0; n < 3; n += 1)
      await addHeld(await newWebhook({ tenantId: ofOne }), { dueInMs: count(10) });
    await addHeld(await newWebhook(), { dueInMs: count(10) });
    let room = 16;
    const permits = {
      releasable: (_lane: Lane, tenantId: string) => (tenantId === ofOne ? room : Infinity),
    };
    const release = newReleaser({ permits });
    await release();
    expect(await stillHeld()).toBe(14);
    // None of them has a permit yet.
    await release();
    expect(await stillHeld()).toBe(14);
    room = 30;
    clockMs += 1000;
    await release();
    expect(await stillHeld()).toBe(0);
  });

  it('counts the released deliveries of a tenant by lane', async () => {
    const slow = await newWebhook();
    const other = await newWebhook({ tenantId: slow.tenantId });
    await addHeld(slow, { dueInMs: count(10) });
    await addHeld(other, { dueInMs: count(10) });
    await setSlow(database.pool, [{ ...slow, slow: true }]);
    await newReleaser({ permits: { releasable: () => 10 } })();
    expect(await stillHeld()).toBe(0);
  });

  it('releases for the webhooks of a tenant in turns when one permit after the other becomes free', async () => {
    const tenantId = await addTenant(database.pool);
    const add = () => newWebhook({ tenantId });
    const webhooks = [await add(), await add(), await add()];
    for (const webhook of webhooks) await addHeld(webhook, { dueInMs: count(10) });
    const release = newReleaser({ permits: { releasable: () => 1 } });
    for (let runs = 0; runs < 6; runs += 1) {
      await release();
      for (const webhook of webhooks) await sync(webhook, { endedWaits: 1 });
      clockMs += 1000;
    }
    const { rows } = await database.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM delivery WHERE held GROUP BY webhook_id',
    );
    expect(rows.map((row) => row.count)).toEqual([8, 8, 8]);
  });

  it('releases further ones while the jobs of those with a rate limit are delayed', async () => {
    const limit = { tenantId: await addTenant(database.pool), rateLimit: { limit: 1, perSeconds: 1 } };
    for (let n = 0; n < 2; n += 1) await addHeld(await newWebhook(limit), { dueInMs: count(2) });
    const limited = overriding(store, {
      snapshots: async (all) => {
        const snapshots = await store.snapshots(all);
        return snapshots.map((snapshot) => snapshot && Object.assign(snapshot, { nextStartInMs: 900 }));
      },
    });
    const release = newReleaser({ store: limited, permits: { releasable: () => 1 } });
    await release();
    expect((await queue.depth()).retry).toMatchObject({ delayed: 1 });
    // Both are visited again.
    clockMs += 500;
    await release();
    expect((await queue.depth()).retry).toMatchObject({ delayed: 2 });
  });

  it('releases none while the access token is being fetched, and then one of those that wait for a token', async () => {
    const webhook = await newWebhook({ authSealed: 'sealed' });
    await addHeld(webhook, { dueInMs: [0, 0, 0] });
    const fetch = { webhookId: webhook.id, authSealed: 'sealed', fetchId: newId() };
    await startTokenFetch(database.pool, { ...fetch, status: 'active' });
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(3);
    await storeTokenFailure(database.pool, { ...fetch, code: 'token_client_rejected' });
    clockMs += 100;
    await release();
    expect(await stillHeld()).toBe(2);
    await takeTokenFailure(database.pool, fetch);
    clockMs += 1000;
    await release();
    expect(await stillHeld()).toBe(2);
  });

  it('lets two webhooks in a run try whether there is an access token, and the others in the next', async () => {
    for (let index = 0; index < 3; index += 1) {
      const webhook = await newWebhook({ authSealed: 'sealed' });
      await addHeld(webhook, { dueInMs: [0, 0] });
      const fetch = { webhookId: webhook.id, authSealed: 'sealed', fetchId: newId() };
      await startTokenFetch(database.pool, { ...fetch, status: 'active' });
      await storeTokenFailure(database.pool, { ...fetch, code: 'token_client_rejected' });
    }
    const release = newReleaser();
    await release();
    expect(await stillHeld()).toBe(4);
    clockMs += 100;
    await release();
    expect(await stillHeld()).toBe(3);
  });

  it('releases immediately after a worker reported a held delivery', async () => {
    const release = newReleaser();
    await release();
    const webhook = await newWebhook();
    await addHeld(webhook);
    await sync(webhook, { held: true });
    await release();
    expect(await stillHeld()).toBe(0);
  });
});

describe('held deliveries that Redis does not know', () => {
  it('are found in PostgreSQL and released completely', async () => {
    const webhook = await newWebhook();
    await addHeld(webhook, { dueInMs: count(25) });
    const release = newReleaser();
    for (const left of [15, 5, 0]) {
      await release();
      expect(await stillHeld()).toBe(left);
      await sync(webhook, { endedWaits: 10 });
    }
  });

  it('cost no query while nothing is held', async () => {
    const { pool, stop } = connect({ url: fresh.url, applicationName: 'test' });
    const release = newReleaser({ pool });
    await release();
    await stop();
    await expect(release()).resolves.toBe(false);
  });
});

describe('a webhook that is no longer active', () => {
  it.each<WebhookStatus>(['suspended', 'deleted'])(
    'is removed when %s, and its held deliveries are released for the workers to drop them',
    async (status) => {
      const webhook = await newWebhook({ status });
      const ids = await addHeld(webhook, { dueInMs: count(30) });
      await sync(webhook, { held: true });
      await newReleaser()();
      expect((await store.webhooksWithHeld()).ids).toEqual([]);
      expect(await stillHeld()).toBe(0);
      expect(await queue.findMissingJobs(ids)).toEqual(new Set());
    },
  );
});

describe('a webhook whose tenant is suspended', () => {
  it('has its held deliveries released for the workers to drop them, and is visited no more', async () => {
    const webhook = await newWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    const ids = await addHeld(webhook, { dueInMs: count(30) });
    await sync(webhook, { held: true });
    await suspendTenant(database.pool, webhook.tenantId);
    const release = newReleaser();
    await release();
    expect((await store.webhooksWithHeld()).ids).toEqual([]);
    expect(await stillHeld()).toBe(0);
    expect(await queue.findMissingJobs(ids)).toEqual(new Set());
    expect(await release()).toBe(false);
  });
});

describe('a delivery whose previous job is still active', () => {
  it('gets its new job when the previous one has ended', async () => {
    const [id = ''] = await addHeld(await newWebhook(), { attemptCount: 1 });
    // As right after a worker has held it.
    await queue.enqueue([{ deliveryId: id, lane: 'retry' }]);
    const release = newReleaser();
    await release();
    await release();
    expect(await stillHeld()).toBe(0);
    expect(await queue.findMissingJobs([id])).toEqual(new Set());
    await queue.removeJob(id, 'retry');
    await release();
    expect(await consumeAll('retry', 1)).toMatchObject([{ deliveryId: id, released: true }]);
    await release();
    expect(await jobs()).toMatchObject({ retry: 0 });
  });
});

describe('a released delivery', () => {
  it('is released and not locked when its job is enqueued', async () => {
    const [id = ''] = await addHeld(await newWebhook());
    const unlocked: string[] = [];
    const watched = overriding(queue, {
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        const { rows } = await database.pool.query<{ id: string }>(
          'SELECT id FROM pending_delivery WHERE NOT held FOR UPDATE SKIP LOCKED',
        );
        unlocked.push(...rows.map((row) => row.id));
        await queue.enqueue(released);
      },
    });
    await newReleaser({ queue: watched })();
    expect(unlocked).toEqual([id]);
    expect(await queue.findMissingJobs([id])).toEqual(new Set());
  });

  it('can be held again by a worker before the run ends', async () => {
    const [id = ''] = await addHeld(await newWebhook());
    const pending = await readPending(database.pool, [id]);
    let holding: ReturnType<typeof holdDeliveries> = Promise.resolve(new Map());
    const holdingAgain = overriding(queue, {
      enqueue: async (released: Parameters<typeof queue.enqueue>[0]) => {
        await queue.enqueue(released);
        holding = holdDeliveries(database.pool, pending);
      },
    });
    await newReleaser({ queue: holdingAgain })();
    // A worker runs the job again if the row is still locked.
    if (!(await holding).has(id)) await holdDeliveries(database.pool, pending);
    expect(await stillHeld()).toBe(1);
  });

  it('gets its job in the next run if it could not be enqueued', async () => {
    await addHeld(await newWebhook());
    let failures = 0;
    const failingOnce = overriding(queue, {
      enqueue: (released: Parameters<typeof queue.enqueue>[0]) =>
        (failures += 1) === 1 ? Promise.reject(new Error('unavailable')) : queue.enqueue(released),
    });
    const release = newReleaser({ queue: failingOnce });
    await expect(release()).rejects.toThrow('unavailable');
    expect(await stillHeld()).toBe(0);
    await release();
    expect(await jobs()).toMatchObject({ retry: 1 });
  });

  it('is followed by no other while Redis accepts no jobs', async () => {
    await addHeld(await newWebhook(), { dueInMs: count(500) });
    const full = overriding(queue, { enqueue: () => Promise.reject(new Error('OOM')) });
    const release = newReleaser({ queue: full });
    await expect(release()).rejects.toThrow('OOM');
    const held = await stillHeld();
    expect(held).toBeGreaterThan(0);
    await expect(release()).rejects.toThrow('OOM');
    expect(await stillHeld()).toBe(held);
  });

  it('is due without a job if its worker was killed before it enqueued it, so that the reconciler does', async () => {
    const [id = ''] = await addHeld(await newWebhook(), { dueInMs: [-60_000] });
    const killed = overriding(queue, { enqueue: () => Promise.reject(new Error('killed')) });
    await expect(newReleaser({ queue: killed })()).rejects.toThrow('killed');
    const page = await listDueDeliveries(database.pool, { overdueMs: 0, after: null, limit: 100 });
    expect(page.deliveries).toMatchObject([{ id, lane: 'fast' }]);
    expect(await queue.findMissingJobs([id])).toEqual(new Set([id]));
  });
});

function twoReleasers() {
  members = ['one', 'two'];
  return members.map((worker) => newReleaser({ worker }));
}

/** Creates webhooks, each with one held delivery that Redis knows. */
async function addReported(webhookCount: number): Promise<void> {
  for (let n = 0; n < webhookCount; n += 1) {
    const webhook = await newWebhook();
    await addHeld(webhook);
    await sync(webhook, { held: true });
  }
}

describe('two releasers', () => {
  it('share the webhooks', async () => {
    const [one, two] = twoReleasers();
    await one?.();
    await two?.();
    await addReported(40);
    await one?.();
    const left = await stillHeld();
    expect(left).toBeGreaterThan(5);
    expect(left).toBeLessThan(35);
    await two?.();
    expect(await stillHeld()).toBe(0);
  });

  it('take over the webhooks of a worker that has died', async () => {
    const [one, two] = twoReleasers();
    await one?.();
    await two?.();
    await addReported(40);
    await one?.();
    expect(await stillHeld()).toBeGreaterThan(0);
    members = ['one'];
    // The next search.
    clockMs += 5000;
    await one?.();
    expect(await stillHeld()).toBe(0);
  });

  it('release each delivery once when both have its webhook', async () => {
    const ids = await addHeld(await newWebhook(), { dueInMs: count(10) });
    const enqueued: string[] = [];
    const watched = overriding(queue, {
      enqueue: async (toAdd: Parameters<typeof queue.enqueue>[0]) => {
        enqueued.push(...toAdd.map(({ deliveryId }) => deliveryId));
        await queue.enqueue(toAdd);
      },
    });
    let other = Promise.resolve(false);
    const first = newReleaser({
      queue: overriding(watched, {
        enqueue: async (toAdd) => {
          other = newReleaser({ queue: watched })();
          await other;
          await watched.enqueue(toAdd);
        },
      }),
    });
    await first();
    expect(enqueued.toSorted()).toEqual(ids.toSorted());
    expect(await stillHeld()).toBe(0);
  });
});
