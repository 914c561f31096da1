// On a real PostgreSQL: after a delivery of a chain was settled, the next one is enqueued.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentMoment, DEFAULT_TENANT_ID, LIVE_CHAIN, newId, createSealer } from '@posthorn/core';
import { connect, type Pool } from '@posthorn/database/connection';
import type { DueDelivery } from '@posthorn/database/deliveries';
import { createLogger, Registry } from '@posthorn/runtime';
import { type FreshDatabase, freshDatabase } from '@posthorn/testkit';
import { createDeliveryStore } from '../../src/store/delivery-store.js';
import { KnownWebhooks } from '../../src/store/known-webhooks.js';
import { workerMetrics } from '../../src/reports/worker-metrics.js';

let database: FreshDatabase;
let connection: ReturnType<typeof connect>;
beforeAll(async () => {
  database = await freshDatabase();
  connection = connect({ url: database.url, applicationName: 'posthorn worker test' });
});
afterAll(async () => {
  await connection.stop();
  await database.drop();
});

interface Row {
  sequence: number;
  chain?: string | null;
  attemptCount?: number;
  dueInMs?: number;
}

/** Adds a webhook with pending deliveries. Returns its id and theirs. */
async function addDeliveries(rows: readonly Row[]): Promise<{ webhookId: string; ids: string[] }> {
  const webhookId = newId();
  await connection.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 10000, 'active', 'epoch')`,
    [webhookId, DEFAULT_TENANT_ID],
  );
  const ids: string[] = [];
  for (const { sequence, chain = LIVE_CHAIN, attemptCount = 0, dueInMs = 0 } of rows) {
    const id = newId();
    ids.push(id);
    await connection.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, sequence, ordering_key, chain)
       VALUES ($1, $1, $2, $3, now() + $4 * interval '1 ms', 0, $5, $6, 'a', $7)`,
      [id, webhookId, DEFAULT_TENANT_ID, dueInMs, attemptCount, sequence, chain],
    );
  }
  return { webhookId, ids };
}

const openStore = (enqueue: (due: readonly DueDelivery[]) => Promise<void>, pool: Pool = connection.pool) =>
  createDeliveryStore({
    pool,
    hotPathPool: pool,
    sealer: createSealer(Buffer.alloc(32, 7)),
    logger: createLogger({ service: 'worker', level: 'error' }),
    metrics: workerMetrics(new Registry()),
    reportInternalError: () => {},
    webhooks: new KnownWebhooks(() => 0),
    enqueue,
    moment: currentMoment,
  });

const chainOf = (webhookId: string) => ({ webhookId, chain: LIVE_CHAIN, orderingKey: 'a' });

describe('the end of a delivery in order', () => {
  it('enqueues the heads of all chains that advance at once, with one statement', async () => {
    const [one, other] = [
      await addDeliveries([{ sequence: 2 }, { sequence: 3 }]),
      await addDeliveries([{ sequence: 7 }]),
    ];
    const batches: string[][] = [];
    const store = openStore(async (due) => void batches.push(due.map(({ id }) => id)));
    await Promise.all([one, other, one].map(({ webhookId }) => store.advance(chainOf(webhookId))));
    expect(batches).toHaveLength(1);
    expect(new Set(batches[0])).toEqual(new Set([one.ids[0], other.ids[0]]));
  });

  it('ends although Redis does not accept the job', async () => {
    const { webhookId } = await addDeliveries([{ sequence: 1 }]);
    const store = openStore(() => Promise.reject(new Error('Redis is unavailable')));
    await expect(store.advance(chainOf(webhookId))).resolves.toBeUndefined();
  });
});

describe('the lateness of a delivery', () => {
  const HOUR_MS = 3_600_000;

  it.each<[string, Row, number]>([
    ['counts from its read if it has waited for others', { sequence: 1 }, 0],
    ['counts from its due time without order', { sequence: 1, chain: null }, HOUR_MS],
    ['counts from its due time for a retry', { sequence: 1, attemptCount: 1 }, HOUR_MS],
    ['counts from its read in a replay', { sequence: 1, attemptCount: 1, chain: newId() }, 0],
  ])('%s', async (_name, row, latenessMs) => {
    const { ids } = await addDeliveries([{ ...row, dueInMs: -HOUR_MS }]);
    const read = await openStore(async () => {}).load(ids[0] ?? '');
    const lateMs = (read?.readAt.monotonicMs ?? 0) - (read?.dueAtMs ?? 0);
    expect(lateMs).toBeGreaterThanOrEqual(latenessMs);
    expect(lateMs).toBeLessThan(latenessMs + HOUR_MS / 2);
  });
});
