import { beforeAll, describe, expect, it } from '@jest/globals';
import { derivedId, latencyQuantile, newId, SYSTEM } from '@posthorn/core';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import type { AttemptRecord } from '../src/deliveries/attempt-input.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { openPrisma, type PrismaDb } from '../src/prisma-client/client.js';
import { deleteExpired } from '../src/retention/delete-expired.js';
import { aggregateStats } from '../src/statistics/aggregate-stats.js';
import { readLastStatsMinute } from '../src/statistics/read-last-stats-minute.js';
import { readStatsWork } from '../src/statistics/read-stats-work.js';
import { readStatsByTime, readStatsByWebhook, type StatsFilter } from '../src/statistics/stats.js';
import { countPeriod, countUsage, readUsageCountedUntil } from '../src/usage/count-usage.js';
import { addDelivery, attemptOf, readDelivery, recordNext } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
let prisma: PrismaDb;
beforeAll(() => {
  prisma = openPrisma(db.pool);
});
const MINUTE_MS = 60_000;
/** The minute of the start. The tests may last until the next one. */
const THIS_MINUTE = Math.floor(Date.now() / MINUTE_MS);
const minute = (index: number) => new Date((THIS_MINUTE + index) * MINUTE_MS);

/** Returns an attempt whose id, as a worker generates it, has the time when the attempt ended. */
function attemptAt(deliveryId: string, startedAt: Date, fields: Partial<AttemptRecord> = {}): AttemptRecord {
  const { durationMs = 12 } = fields;
  const id = derivedId(newId(), startedAt.getTime() + durationMs);
  return attemptOf(deliveryId, { id, startedAt, durationMs, ...fields });
}

const SERVER_ERROR = { responseStatus: 500 } as const;

const SUCCESS = { responseStatus: 200, status: 'succeeded', retryDelayMs: null } as const;

const lastHour = (): StatsFilter => ({ from: minute(-60), to: minute(5), tenantId: null });
const byTime = (filter: Partial<StatsFilter> = {}, seconds = 60) =>
  readStatsByTime(prisma, { ...lastHour(), ...filter }, seconds);
const byWebhook = (filter: Partial<StatsFilter> = {}, limit = 10) =>
  readStatsByWebhook(prisma, { ...lastHour(), ...filter }, limit);

const lateMinutes = async (now: Date | null = null) =>
  (await readStatsWork(db.pool, { recentMs: 0, now })).lateMinutes;

const countedUntil = () => readUsageCountedUntil(db.pool);

/** Makes a settled delivery pending again. */
async function retry(id: string): Promise<void> {
  const delivery = await findDelivery(prisma, { id, tenantId: null });
  if (delivery === null) throw new Error('Delivery not found');
  expect(await retryDelivery(prisma, delivery, SYSTEM)).toMatchObject({ status: 'pending' });
}

/** The outcomes of all times of a webhook. */
async function outcomesOf(webhookId: string) {
  const [counts] = await byTime({ webhookId }, 86_400 * 365);
  const { attempts = 0, failedAttempts = 0, succeeded = 0, failed = 0, dropped = 0 } = counts ?? {};
  return { attempts, failedAttempts, succeeded, failed, dropped };
}

describe('aggregateStats', () => {
  it('counts attempts, deliveries by status and response times', async () => {
    const [a, b, c] = [await addDelivery(db.pool), await addDelivery(db.pool), await addDelivery(db.pool)];
    await recordNext(db.pool, [
      attemptAt(a.id, minute(-3), { durationMs: 100 }),
      attemptAt(b.id, minute(-2), { ...SUCCESS, durationMs: 20 }),
    ]);
    await recordNext(db.pool, [
      attemptAt(a.id, minute(-2), {
        status: 'failed',
        reason: 'exhausted',
        retryDelayMs: null,
        responseStatus: null,
        durationMs: 30_000,
      }),
    ]);
    await settleDeliveries(db.pool, [{ deliveryId: c.id, epoch: 0, status: 'dropped', reason: 'suspended' }]);
    await aggregateStats(db.pool, lastHour());

    const webhooks = new Set([a, b, c].map(({ webhookId }) => webhookId));
    const counted = (await byWebhook()).filter(({ key }) => webhooks.has(key));
    expect(counted).toMatchObject([
      { key: a.webhookId, attempts: 2, succeeded: 0, failed: 1, dropped: 0 },
      { key: b.webhookId, attempts: 1, succeeded: 1, failed: 0, dropped: 0 },
      { key: c.webhookId, attempts: 0, succeeded: 0, failed: 0, dropped: 1 },
    ]);
    // A timeout has no response time.
    expect(latencyQuantile(counted[0]?.latencies ?? new Map(), 0.99)).toBeCloseTo(100, -1);
    expect(counted[2]?.latencies.size).toBe(0);

    const times = await byTime({ webhookId: a.webhookId });
    const settledAt = (await readDelivery(db.pool, a.id)).settled_at ?? new Date(0);
    expect(times.map(({ key, attempts, failed }) => [key, attempts, failed])).toEqual([
      [minute(-3), 1, 0],
      [minute(-2), 1, 0],
      [new Date(Math.floor(settledAt.getTime() / MINUTE_MS) * MINUTE_MS), 0, 1],
    ]);
    expect(await byTime({ webhookId: a.webhookId }, 86_400 * 365)).toMatchObject([
      { attempts: 2, failed: 1 },
    ]);
    expect(await readLastStatsMinute(db.pool)).toEqual((await byTime()).at(-1)?.key);
  });

  it('counts a delivery once, by its present status, also after a recovery', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    const other = await addDelivery(db.pool);
    const exhausted = { ...SERVER_ERROR, status: 'failed', reason: 'exhausted', retryDelayMs: null } as const;
    await recordNext(db.pool, [
      attemptAt(id, minute(-40), exhausted),
      attemptAt(other.id, minute(-40), exhausted),
    ]);
    await db.pool.query('UPDATE settled_delivery SET settled_at = $2 WHERE id = $1', [id, minute(-40)]);
    await aggregateStats(db.pool, lastHour());
    expect(await outcomesOf(webhookId)).toEqual({
      attempts: 1,
      failedAttempts: 1,
      succeeded: 0,
      failed: 1,
      dropped: 0,
    });

    await retry(id);
    // The minute of the failure is not aggregated again.
    await aggregateStats(db.pool, { from: minute(-1), to: minute(5) });
    expect(await outcomesOf(webhookId)).toEqual({
      attempts: 1,
      failedAttempts: 1,
      succeeded: 0,
      failed: 0,
      dropped: 0,
    });
    expect(await outcomesOf(other.webhookId)).toMatchObject({ failed: 1 });

    await recordNext(db.pool, [attemptAt(id, minute(0), SUCCESS)]);
    await aggregateStats(db.pool, lastHour());
    expect(await outcomesOf(webhookId)).toEqual({
      attempts: 2,
      failedAttempts: 1,
      succeeded: 1,
      failed: 0,
      dropped: 0,
    });

    // A success that is sent again counts as one delivery, and as two attempts.
    await retry(id);
    await aggregateStats(db.pool, lastHour());
    expect(await outcomesOf(webhookId)).toMatchObject({ attempts: 2, failedAttempts: 1, succeeded: 0 });
    await recordNext(db.pool, [attemptAt(id, minute(0), SUCCESS)]);
    await aggregateStats(db.pool, lastHour());
    expect(await outcomesOf(webhookId)).toEqual({
      attempts: 3,
      failedAttempts: 1,
      succeeded: 1,
      failed: 0,
      dropped: 0,
    });
  });

  it('counts a delivery that had succeeded and is not sent again, as after a suspension', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    await recordNext(db.pool, [attemptAt(id, minute(-1), SUCCESS)]);
    await aggregateStats(db.pool, lastHour());
    const once = { attempts: 1, failedAttempts: 0, succeeded: 1, failed: 0, dropped: 0 };
    for (let round = 0; round < 2; round += 1) {
      await retry(id);
      await aggregateStats(db.pool, lastHour());
      expect(await outcomesOf(webhookId)).toEqual({ ...once, succeeded: 0 });
      await settleDeliveries(db.pool, [{ deliveryId: id, epoch: 0, status: 'dropped', reason: 'suspended' }]);
      await aggregateStats(db.pool, lastHour());
      expect(await outcomesOf(webhookId)).toEqual(once);
    }
  });

  it.each([
    'internal_error',
    'proxy_unreachable',
    'proxy_timeout',
    'proxy_authentication_required',
    'proxy_rejected',
    'proxy_failed',
  ])('excludes attempts that did not reach the receiver: %s', async (errorCode) => {
    const { id, webhookId } = await addDelivery(db.pool);
    const internal = { responseStatus: null, errorCode, errorMessage: 'x' };
    await recordNext(db.pool, [attemptAt(id, minute(-3), SERVER_ERROR)]);
    await recordNext(db.pool, [attemptAt(id, minute(-2), internal)]);
    await recordNext(db.pool, [
      attemptAt(id, minute(-2), {
        ...internal,
        status: 'failed',
        reason: 'internal_error',
        retryDelayMs: null,
      }),
    ]);
    await aggregateStats(db.pool, lastHour());
    expect(await byTime({ webhookId }, 86_400 * 365)).toMatchObject([
      { attempts: 1, succeeded: 0, failed: 1 },
    ]);
    const { rows } = await db.pool.query(
      'SELECT sum(trailing_failures)::int AS failures, max(last_error) AS error FROM webhook_minute_stats WHERE webhook_id = $1',
      [webhookId],
    );
    expect(rows).toEqual([{ failures: 1, error: null }]);
  });

  it('is idempotent, and includes attempts that were recorded late', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    const span = { from: minute(-5), to: minute(-4) };
    await recordNext(db.pool, [attemptAt(id, minute(-5))]);
    await aggregateStats(db.pool, span);
    await recordNext(db.pool, [attemptAt(id, minute(-5), SUCCESS)]);
    await aggregateStats(db.pool, span);
    await aggregateStats(db.pool, span);
    expect(await byTime({ webhookId })).toMatchObject([{ attempts: 2, succeeded: 1 }]);
  });

  it('counts an attempt in the minute of its start', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    const startedAt = new Date(minute(-7).getTime() - 1000);
    await recordNext(db.pool, [attemptAt(id, startedAt, { durationMs: 20_000 })]);
    await aggregateStats(db.pool, { from: minute(-7), to: minute(-6) });
    expect(await byTime({ webhookId })).toEqual([]);
    await aggregateStats(db.pool, { from: minute(-8), to: minute(-7) });
    expect(await byTime({ webhookId })).toMatchObject([{ key: minute(-8), attempts: 1 }]);
  });

  it.each([
    ['slow', minute(-10)],
    ['slow, and the attempt ended in the next minute', new Date(minute(-9).getTime() - 1000)],
  ])('lists the minute of an attempt of a worker whose clock is %s', async (_, startedAt) => {
    const { id, webhookId } = await addDelivery(db.pool);
    await recordNext(db.pool, [attemptAt(id, startedAt, { ...SUCCESS, durationMs: 20_000 })]);
    await aggregateStats(db.pool, { from: minute(-1), to: minute(5) });
    expect(await byTime({ webhookId })).toEqual([]);
    await countUsage(db.pool);
    expect(await lateMinutes()).toContainEqual(minute(-10));
    await aggregateStats(db.pool, { from: minute(-10), to: minute(-9), isLate: true });
    expect(await byTime({ webhookId })).toMatchObject([{ key: minute(-10), attempts: 1 }]);
    expect(await lateMinutes()).not.toContainEqual(minute(-10));
  });

  it.each([
    ['success', SUCCESS],
    ['failure', SERVER_ERROR],
  ])('counts the %s of a worker whose clock is fast', async (_, outcome) => {
    const { id, webhookId } = await addDelivery(db.pool);
    await recordNext(db.pool, [attemptAt(id, minute(4), outcome)]);
    await countPeriod(db.pool, { from: await countedUntil(), to: minute(10) });
    await countUsage(db.pool);
    expect(await lateMinutes(minute(11))).toContainEqual(minute(4));
    await aggregateStats(db.pool, { from: minute(4), to: minute(5), isLate: true });
    expect(await byTime({ webhookId })).toMatchObject([{ key: minute(4), attempts: 1 }]);
  });

  it('can be filtered by tenant, and lists the busiest webhooks first', async () => {
    const [quiet, busy] = [await addDelivery(db.pool), await addDelivery(db.pool)];
    await recordNext(db.pool, [attemptAt(quiet.id, minute(-1)), attemptAt(busy.id, minute(-1))]);
    await recordNext(db.pool, [attemptAt(busy.id, minute(-1))]);
    await aggregateStats(db.pool, { from: minute(-1), to: minute(0) });
    expect(await byWebhook({ from: minute(-1), to: minute(0) }, 1)).toMatchObject([{ key: busy.webhookId }]);
    const { tenant_id: tenantId } = await readDelivery(db.pool, quiet.id);
    expect(await byWebhook({ tenantId })).toMatchObject([{ key: quiet.webhookId, attempts: 1 }]);
    expect(await byTime({ tenantId })).toMatchObject([{ attempts: 1 }]);
  });

  it('can be deleted before a cutoff', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    await recordNext(db.pool, [attemptAt(id, minute(-10)), attemptAt(id, minute(-9))]);
    await aggregateStats(db.pool, { from: minute(-10), to: minute(-8) });
    const cutoffs = retentionCutoffs({ recordDays: 60, payloadDays: null, auditDays: 60 }, new Date());
    const deleted = await deleteExpired(db.pool, 'expired stats', { ...cutoffs, stats: minute(-9) });
    expect(deleted['webhook_minute_stats']).toBeGreaterThan(0);
    expect((await byTime({ webhookId })).map(({ key }) => key)).toEqual([minute(-9)]);
  });
});
