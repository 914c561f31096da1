// Held deliveries of a tenant whose receivers do not respond: the releasers and the permits of the workers together.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type Lane, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { type DeliveryToHold, holdDeliveries } from '@posthorn/database/deliveries';
import { addPendingRows, addTenant, addWebhooks, removeDeliveries } from '@posthorn/database/fixtures';
import { createReleaser, createSlotStore, type FlowWebhook, type SlotStore, TaskShare } from '@posthorn/flow';
import { createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import {
  type FreshDatabase,
  freshDatabase,
  type FreshQueuePrefix,
  freshQueuePrefix,
  overriding,
} from '@posthorn/testkit';
import { type LanePermit, LanePermits } from '../src/lanes/lane-permits.js';

const RUN_MS = 100;

/** The share of one tenant in a lane of 64 whose deliveries cannot be detached. */
const SHARE = 32;

interface Job {
  deliveryId: string;
  lane: Lane;
}

/** A worker whose requests get no response. */
interface Worker {
  name: string;
  permits: LanePermits;
  release: () => Promise<boolean>;
  hanging: { permit: LanePermit; webhookId: string }[];
}

interface Row extends DeliveryToHold {
  webhookId: string;
  tenantId: string;
}

let fresh: FreshDatabase;
let prefix: FreshQueuePrefix;
let database: Database;
let queue: DeliveryQueue;
let store: SlotStore;
let clockMs = 0;
let webhooks: Map<string, FlowWebhook>;
let workers: Worker[];
/** Released deliveries whose jobs no worker has fetched. */
let jobs: Job[];
/** Jobs that were ever fetched. */
let fetchedCount = 0;
/** By tenant. */
let started: Map<string, number>;
let heldAgain: Map<string, number>;

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
  store = await createSlotStore(prefix, () => clockMs);
  webhooks = new Map();
  workers = [];
  jobs = [];
  started = new Map();
  heldAgain = new Map();
});
afterEach(async () => {
  await store.stop();
  await queue.stop();
  await prefix.clear();
});

function startWorkers(count: number, maxDetached = 0): void {
  const names = Array.from({ length: count }, (_, n) => `worker ${n}`);
  workers = names.map((name) => {
    const permits = new LanePermits({
      concurrency: { fast: 128, slow: 64, retry: 64, replay: 8 },
      maxDetached,
      maxDetachedBytes: 1e9,
    });
    const release = createReleaser({
      pool: database.pool,
      queue: overriding(queue, { enqueue: (released) => Promise.resolve(void jobs.push(...released)) }),
      priorities: { next: () => 0 },
      shares: { join: () => Promise.resolve(new TaskShare(name, names)) },
      store,
      permits,
      nowMs: () => clockMs,
    });
    return { name, permits, release, hanging: [] };
  });
}

/** Creates a tenant with webhooks and held deliveries. */
async function addBacklog({
  webhookCount = 20,
  heldPerWebhook = 100,
  isSlow = false,
  areReplayed = false,
} = {}): Promise<string> {
  const tenantId = await addTenant(database.pool);
  const columns = { slow_since: isSlow ? new Date() : null };
  const ids = await addWebhooks(database.pool, webhookCount, { tenantId, columns });
  for (const id of ids)
    webhooks.set(id, { id, epoch: 0, validatedAt: null, maxInFlight: 100, rateLimit: null });
  const held = ids.map((webhookId) => ({ webhookId, held: true, replayId: areReplayed ? newId() : null }));
  await addPendingRows(database.pool, Array.from({ length: heldPerWebhook }, () => held).flat());
  return tenantId;
}

/** Runs all releasers once. Then each worker fetches its part of the jobs, and sends their requests or holds them again. */
async function run(): Promise<void> {
  clockMs += RUN_MS;
  for (const { release } of workers) await release();
  const fetched = jobs.splice(0);
  const { rows } = await database.pool.query<Row>(
    `SELECT id AS "deliveryId", epoch, next_attempt_at AS "dueAt", webhook_id AS "webhookId", tenant_id AS "tenantId"
     FROM pending_delivery WHERE id = ANY ($1)`,
    [fetched.map(({ deliveryId }) => deliveryId)],
  );
  const byId = new Map(rows.map((row) => [row.deliveryId, row]));
  const held: Row[] = [];
  for (const { deliveryId, lane } of fetched) {
    const row = byId.get(deliveryId);
    const worker = workers[fetchedCount++ % workers.length];
    if (!row || !worker) throw new Error('unknown delivery');
    const permit = worker.permits.acquire(lane);
    if (permit.claim(row.tenantId)) {
      permit.detach(1000);
      worker.hanging.push({ permit, webhookId: row.webhookId });
      increment(started, row.tenantId);
    } else {
      permit.release();
      held.push(row);
      increment(heldAgain, row.tenantId);
    }
  }
  await holdDeliveries(database.pool, held);
  await syncSlots(rows);
}

/** Reports the slots in use, and the ends of the waits of `rows`. */
async function syncSlots(rows: readonly Row[]): Promise<void> {
  for (const { name, hanging } of workers) {
    const leased = countBy(hanging);
    const ended = name === workers[0]?.name ? countBy(rows) : new Map<string, number>();
    const requests = Array.from(webhooks.values(), (webhook) => ({
      webhook: { ...webhook, tenantId: webhook.id, tenantEpoch: 0 },
      leased: leased.get(webhook.id) ?? 0,
      released: 0,
      fresh: 0,
      update: null,
      held: true,
      endedWaits: ended.get(webhook.id) ?? 0,
    }));
    await store.syncSlots(name, requests);
  }
}

function countBy(items: readonly { webhookId: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { webhookId } of items) increment(counts, webhookId);
  return counts;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Ends requests of a worker: their receivers time out. */
async function endRequests({ hanging }: Worker, count: number): Promise<void> {
  for (const { permit } of hanging.splice(0, count)) permit.release();
  await syncSlots([]);
}

const first = (): Worker => {
  const [worker] = workers;
  if (!worker) throw new Error('no worker');
  return worker;
};

/** Runs once: while a tenant uses little, more may be released than find a permit. Forgets which were held again. */
async function fill(): Promise<void> {
  await run();
  heldAgain.clear();
}

it('releases what finds a permit, in the lane of the webhooks, after the first run once', async () => {
  startWorkers(1);
  const retrying = await addBacklog();
  const slow = await addBacklog({ isSlow: true });
  await fill();
  for (let runs = 0; runs < 50; runs += 1) await run();
  expect(started).toEqual(
    new Map([
      [retrying, SHARE],
      [slow, SHARE],
    ]),
  );
  expect(heldAgain).toEqual(new Map());
});

it('releases one delivery in each run while the replayed ones find no permit', async () => {
  startWorkers(1);
  const tenantId = await addBacklog({ areReplayed: true });
  await fill();
  for (let runs = 0; runs < 50; runs += 1) await run();
  expect(started.get(tenantId)).toBe(4);
  expect(heldAgain.get(tenantId)).toBeLessThanOrEqual(50);
});

it('releases for a permit that becomes free in the next run', async () => {
  startWorkers(1);
  const tenantId = await addBacklog();
  await fill();
  for (let n = 1; n <= 5; n += 1) {
    await endRequests(first(), 16);
    await run();
    expect(started.get(tenantId)).toBe(SHARE + 16 * n);
  }
  expect(heldAgain).toEqual(new Map());
});

it('releases the deliveries of other tenants at full speed', async () => {
  startWorkers(1);
  await addBacklog();
  for (let runs = 0; runs < 10; runs += 1) await run();
  const other = await addBacklog({ webhookCount: 1, heldPerWebhook: 10 });
  await syncSlots([]);
  await run();
  expect(started.get(other)).toBe(10);
});

it('fills the shares of all workers, although each counts its own permits and any worker may fetch a delivery', async () => {
  startWorkers(3);
  // Each worker owns some whose windows are not full.
  const tenantId = await addBacklog({ webhookCount: 100, heldPerWebhook: 20 });
  await fill();
  for (let runs = 0; runs < 50; runs += 1) await run();
  expect(started.get(tenantId)).toBe(3 * SHARE);
  expect(heldAgain).toEqual(new Map());
  // Of the permits of one worker, about a third is found by the deliveries of each run.
  await endRequests(first(), 15);
  for (let runs = 0; runs < 50; runs += 1) await run();
  expect(started.get(tenantId)).toBe(3 * SHARE + 15);
  expect(heldAgain.get(tenantId)).toBeLessThan(3 * 15);
});
