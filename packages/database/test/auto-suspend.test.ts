import { beforeEach, describe, expect, it } from '@jest/globals';
import { transition } from '@posthorn/core';
import { correctFailingSince } from '../src/health/correct-failing-since.js';
import { type FailingWebhook, listFailingWebhooks } from '../src/health/list-failing-webhooks.js';
import { recordHealth } from '../src/health/record-health.js';
import { suspendFailingWebhook } from '../src/health/suspend-failing-webhook.js';
import { warnFailingWebhook } from '../src/health/warn-failing-webhook.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { aggregateStats } from '../src/statistics/aggregate-stats.js';
import { changeWebhook } from '../src/webhooks/change-webhook.js';
import type { WebhookRecord } from '../src/webhooks/webhook-record.js';
import type { Pool } from 'pg';
import { addPending, addPendingRows, addSettled } from './fixtures/delivery-rows.js';
import { explainScans, type Scan } from './fixtures/explain-scans.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { NO_AUDIT } from './fixtures/no-audit.js';
import { useDatabase } from './fixtures/use-database.js';

const SUSPEND_COMMAND = { type: 'suspend', reason: 'x', by: 'system', byName: null } as const;

const db = useDatabase();
const DAY_MS = 86_400_000;
const NOW = new Date('2026-01-20T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

let tenantId: string;
let webhookId: string;
beforeEach(async () => {
  // Excludes the webhooks of earlier tests.
  await db.pool.query("UPDATE webhook SET status = 'deleted'");
  tenantId = await addTenant(db.pool);
  webhookId = await addWebhook(db.pool, { tenantId });
});

/** A delivery with its attempts. Times in days before NOW. */
interface History {
  created: number;
  attempts: [daysAgo: number, status: number | null][];
  settled?: number;
}

async function addHistory({ created, attempts, settled }: History): Promise<void> {
  const row = {
    webhookId,
    at: daysAgo(created),
    attempts: attempts.map(([days, status]) => ({ at: daysAgo(days), status })),
  };
  if (settled === undefined) await addPending(db.pool, { ...row, dueAt: NOW });
  else {
    const status = attempts.some(([, each]) => each !== null && each < 300) ? 'succeeded' : 'failed';
    await addSettled(db.pool, { ...row, status, settledAt: daysAgo(settled) });
  }
}

interface Failing {
  since: number;
  afterDays?: number;
  warned?: number;
}

async function setFailing({ since, afterDays = 5, warned }: Failing): Promise<void> {
  await db.pool.query(
    'UPDATE webhook SET failing_since = $2, auto_suspend_after_days = $3, failing_percent = $4 WHERE id = $1',
    [webhookId, daysAgo(since), afterDays, warned ?? null],
  );
}

async function list(limit = 100): Promise<FailingWebhook[]> {
  await aggregateStats(db.pool, { from: daysAgo(40), to: daysAgo(-1) });
  return listFailingWebhooks(db.pool, { now: NOW, limit });
}
const nextStep = async () => (await list()).map(({ percent }) => percent);

async function webhookRow() {
  const { rows } = await db.pool.query('SELECT * FROM webhook WHERE id = $1', [webhookId]);
  return rows[0];
}

/** Adds a delivery with failures only, from `since` to `until` days ago. */
const addFailures = (since: number, until: number) =>
  addHistory({
    created: since,
    attempts: [
      [since, 500],
      [since - 0.5, null],
      [until, 503],
    ],
  });

describe('the next step for a failing webhook', () => {
  it.each<[string, Failing, until: number, number[]]>([
    ['nothing before half of the period', { since: 2.4 }, 0, []],
    ['a warning at half of the period', { since: 2.6 }, 0, [50]],
    ['no second warning', { since: 2.6, warned: 50 }, 0, []],
    ['another warning at three quarters of the period', { since: 3.8, warned: 50 }, 0, [75]],
    ['the last warning at 90 % of the period', { since: 4.6, warned: 75 }, 0, [90]],
    ['no warning between the last one and the suspension', { since: 4.9, warned: 90 }, 0, []],
    ['only the latest of the warnings that are due', { since: 4.6 }, 0, [90]],
    ['nothing if the last failure was before half of the period', { since: 4 }, 2, []],
    ['suspension after the full period', { since: 5.1, warned: 50 }, 0, [100]],
    ['suspension even without a warning', { since: 5.1 }, 0, [100]],
    ['nothing if the last failure was before the end of the period', { since: 6, warned: 75 }, 2, []],
    ['a late warning if the last failure was at 80 % of the period', { since: 6 }, 2, [75]],
    ['suspension after one day, if that is the period', { since: 1.1, afterDays: 1 }, 0, [100]],
    ['a warning after half a day, if the period is one day', { since: 0.6, afterDays: 1 }, 0, [50]],
    ['nothing if auto-suspension is disabled', { since: 30, afterDays: 0 }, 0, []],
  ])('is %s', async (_name, state, until, steps) => {
    await setFailing(state);
    await addFailures(state.since, until);
    expect(await nextStep()).toEqual(steps);
  });

  it('is nothing without attempts since the first failure', async () => {
    await setFailing({ since: 10 });
    expect(await nextStep()).toEqual([]);
  });

  it('is nothing if the last attempt succeeded', async () => {
    await setFailing({ since: 6 });
    await addHistory({ created: 6, attempts: [[6, 500]], settled: 6 });
    await addHistory({ created: 0.5, attempts: [[0.5, 200]], settled: 0.5 });
    expect(await nextStep()).toEqual([]);
  });

  it('is found without reading deliveries or attempts', async () => {
    await setFailing({ since: 5.1 });
    await addFailures(5.1, 0);
    await addPendingRows(
      db.pool,
      Array.from({ length: 500 }, () => ({ webhookId, held: true })),
    );
    expect(await nextStep()).toEqual([100]);
    const scans: Scan[] = [];
    const spy = {
      async query(text: string, values: unknown[]) {
        scans.push(...(await explainScans(db.pool, { text, values })));
        return db.pool.query(text, values);
      },
    } as unknown as Pool;
    const [webhook] = await listFailingWebhooks(spy, { now: NOW, limit: 100 });
    expect(webhook && (await suspendFailingWebhook(spy, webhook))).toBe(1);
    expect(scans.map(({ name }) => name)).toContain('Index Scan webhook_minute_stats');
    expect(scans.filter(({ name }) => / (delivery|attempt)/.test(name))).toEqual([]);
    expect(Math.max(...scans.map(({ rows }) => rows))).toBeLessThan(50);
  });

  it.each(['suspended', 'pending_validation', 'deleted'])(
    'is nothing for a webhook that is %s',
    async (status) => {
      await setFailing({ since: 6 });
      await addFailures(6, 0);
      await db.pool.query('UPDATE webhook SET status = $2 WHERE id = $1', [webhookId, status]);
      expect(await nextStep()).toEqual([]);
    },
  );
});

describe('suspendFailingWebhook', () => {
  it('increments the epoch, sets the reason and emits an event', async () => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    const [webhook] = await list();
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBe(1);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
    const row = await webhookRow();
    expect(row).toMatchObject({ status: 'suspended', epoch: 1, suspend_reason: 'failing' });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.suspended',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          reason: 'failing',
          suspendedBy: 'system',
          suspendedAt: row.suspended_at.toISOString(),
        },
      },
    ]);
  });

  it.each<[string, History]>([
    ['of a newer delivery', { created: 3, attempts: [[3, 204]], settled: 3 }],
    ['of an older delivery', { created: 9, attempts: [[9, 500], [2, 200]], settled: 2 }], // prettier-ignore
    ['followed by a failed retry', { created: 3, attempts: [[3, 200], [1, 500]], settled: 1 }], // prettier-ignore
    ['of a delivery that is pending again', { created: 3, attempts: [[3, 200], [1, 500]] }], // prettier-ignore
  ])('does nothing after a single success %s', async (_name, history) => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    await addHistory(history);
    const [webhook] = await list();
    expect(webhook?.percent).toBe(100);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
    expect(await webhookRow()).toMatchObject({ status: 'active', epoch: 0 });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
  });

  it('ignores successes before the first failure and of other webhooks', async () => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    await addHistory({ created: 7, attempts: [[6.1, 200]], settled: 6.1 });
    const failingId = webhookId;
    webhookId = await addWebhook(db.pool, { tenantId });
    await addHistory({ created: 3, attempts: [[3, 200]], settled: 3 });
    const webhook = (await list()).find(({ id }) => id === failingId);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBe(1);
  });

  it.each([
    ['was reactivated', 'epoch = epoch + 2'],
    ['has succeeded', 'failing_since = NULL'],
    ['was suspended', "status = 'suspended'"],
  ])('does nothing to a webhook that %s meanwhile', async (_name, change) => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    const [webhook] = await list();
    await db.pool.query(`UPDATE webhook SET ${change} WHERE id = $1`, [webhookId]);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
  });

  it('resets the health on reactivation', async () => {
    const prisma = openPrisma(db.pool);
    await setFailing({ since: 6, warned: 50 });
    await addFailures(6, 0);
    for (const command of [SUSPEND_COMMAND, { type: 'reactivate' } as const]) {
      const decide = (webhook: WebhookRecord, now: Date) => {
        const result = transition(webhook, command, now);
        return result.ok ? { lifecycle: result.next } : {};
      };
      await changeWebhook(prisma, { id: webhookId, tenantId }, decide, NO_AUDIT);
    }
    expect(await webhookRow()).toMatchObject({
      status: 'active',
      failing_since: null,
      failing_percent: null,
    });
  });
});

describe('warnFailingWebhook', () => {
  it('emits one event, with the time of the suspension', async () => {
    await setFailing({ since: 3 });
    await addFailures(3, 0);
    const [webhook] = await list();
    expect(webhook && (await warnFailingWebhook(db.pool, webhook))).toBe(true);
    expect(webhook && (await warnFailingWebhook(db.pool, webhook))).toBe(false);
    expect(await webhookRow()).toMatchObject({ status: 'active', epoch: 0, failing_percent: 50 });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.failing',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          percent: 50,
          failingSince: daysAgo(3).toISOString(),
          suspendsAt: daysAgo(-2).toISOString(),
        },
      },
    ]);
    expect(await nextStep()).toEqual([]);
  });

  it('does nothing after a success', async () => {
    await setFailing({ since: 3 });
    await addFailures(3, 0);
    await addHistory({ created: 2, attempts: [[2, 200]], settled: 2 });
    const [webhook] = await list();
    expect(webhook && (await warnFailingWebhook(db.pool, webhook))).toBe(false);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
  });
});

const correct = async () => {
  const [webhook] = await list();
  if (webhook) await correctFailingSince(db.pool, webhook);
  return (await webhookRow()).failing_since;
};

describe('correctFailingSince', () => {
  it('sets the first failure after the last success', async () => {
    await setFailing({ since: 6, warned: 50 });
    await addFailures(6, 0);
    await addHistory({ created: 5, attempts: [[5, 200]], settled: 5 });
    await addHistory({ created: 4, attempts: [[4, 200]], settled: 4 });
    await addFailures(3, 0);
    expect(await correct()).toEqual(daysAgo(3));
    expect(await operationalEventsOf(db.pool, tenantId)).toMatchObject([
      {
        type: 'posthorn.webhook.recovered',
        data: { failedSince: daysAgo(6).toISOString(), recoveredAt: daysAgo(4).toISOString() },
      },
    ]);
    // Half of the period has passed since then, so the next step is a warning, which succeeds.
    const [webhook] = await list();
    expect(webhook?.percent).toBe(50);
    expect(webhook && (await warnFailingWebhook(db.pool, webhook))).toBe(true);
  });

  it('clears it if the last attempt succeeded', async () => {
    await setFailing({ since: 6 });
    await addFailures(6, 0.5);
    await addHistory({ created: 0.4, attempts: [[0.4, 200]], settled: 0.4 });
    expect(await correct()).toBeNull();
  });

  it('sets a later minute than the minute of the last success, even if that minute has failures', async () => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    await addHistory({ created: 3, attempts: [[3, 200], [3, 500]], settled: 3 }); // prettier-ignore
    await addFailures(2.9, 0);
    expect(await correct()).toEqual(daysAgo(2.9));
    const [webhook] = await list();
    expect(webhook?.percent).toBe(50);
    expect(webhook && (await warnFailingWebhook(db.pool, webhook))).toBe(true);
  });

  it('changes nothing without a success', async () => {
    await setFailing({ since: 6 });
    await addFailures(6, 0);
    expect(await correct()).toEqual(daysAgo(6));
  });
});

describe('listFailingWebhooks', () => {
  it('returns the longest failing first, up to the limit', async () => {
    for (const since of [6, 8, 7]) {
      webhookId = await addWebhook(db.pool, { tenantId });
      await setFailing({ since });
      await addFailures(since, 0);
    }
    expect((await list(2)).map(({ failingSince }) => failingSince)).toEqual([daysAgo(8), daysAgo(7)]);
  });
});

it('omits a webhook whose recovery a worker has recorded', async () => {
  await setFailing({ since: 6 });
  await addFailures(6, 0);
  await recordHealth(db.pool, [{ webhookId, succeededAt: NOW, failingSince: null }]);
  expect(await nextStep()).toEqual([]);
});
