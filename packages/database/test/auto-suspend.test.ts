import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { derivedId, transition } from '@posthorn/core';
import {
  correctFailingSince,
  listFailingWebhooks,
  recordHealth,
  suspendFailingWebhook,
  warnFailingWebhook,
} from '../src/index.js';
import { changeWebhook, openPrisma, type WebhookRecord } from '../src/prisma/index.js';
import { toldOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { NO_TRAIL } from './fixtures/trails.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const DAY_MS = 86_400_000;
const NOW = new Date('2026-01-20T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);
const idOf = (time: Date) => derivedId(randomUUID(), time.getTime());

let tenantId: string;
let webhookId: string;
beforeEach(async () => {
  // The webhooks of the test before are none of the next one's business.
  await db.pool.query("UPDATE webhook SET status = 'deleted'");
  tenantId = await addTenant(db.pool);
  webhookId = await addWebhook(db.pool, { tenantId });
});

/** Days ago at which a delivery was made, and of each attempt and what came of it. */
interface Story {
  made: number;
  attempts: [daysAgo: number, status: number | null, id?: string][];
  settled?: number;
}

async function addStory({ made, attempts, settled }: Story): Promise<void> {
  const deliveryId = idOf(daysAgo(made));
  await db.pool.query(
    `INSERT INTO delivery (id, event_id, webhook_id, tenant_id, epoch, status, attempt_count, settled_at, next_attempt_at)
     VALUES ($1, $1, $2, $3, 0, $4, $5, $6, $7)`,
    [
      deliveryId,
      webhookId,
      tenantId,
      settled === undefined ? 'pending' : 'failed',
      attempts.length,
      settled === undefined ? null : daysAgo(settled),
      settled === undefined ? NOW : null,
    ],
  );
  for (const [index, [days, status, id = idOf(daysAgo(days))]] of attempts.entries()) {
    await db.pool.query(
      `INSERT INTO attempt (id, delivery_id, started_at, duration_ms, number, response_status)
       VALUES ($1, $2, $3, 10, $4, $5)`,
      [id, deliveryId, daysAgo(days), index + 1, status],
    );
  }
}

interface Failing {
  since: number;
  afterDays?: number;
  warned?: boolean;
}

async function failing({ since, afterDays = 5, warned = false }: Failing): Promise<void> {
  await db.pool.query(
    'UPDATE webhook SET failing_since = $2, auto_suspend_after_days = $3, failing_warned_at = $4 WHERE id = $1',
    [webhookId, daysAgo(since), afterDays, warned ? daysAgo(0) : null],
  );
}

const list = () => listFailingWebhooks(db.pool, { now: NOW, limit: 100 });
const nextStep = async () => (await list()).map(({ step }) => step);

async function webhookRow() {
  const { rows } = await db.pool.query('SELECT * FROM webhook WHERE id = $1', [webhookId]);
  return rows[0];
}

/** Only failures, from `since` days ago until `until` days ago. */
const onlyFailures = (since: number, until: number) =>
  addStory({
    made: since,
    attempts: [
      [since, 500],
      [since - 0.5, null],
      [until, 503],
    ],
  });

describe('what follows from failures', () => {
  it.each<[string, Failing, until: number, string[]]>([
    ['nothing before half of the period', { since: 2.4 }, 0, []],
    ['a warning at half of it', { since: 2.6 }, 0, ['warn']],
    ['one warning', { since: 2.6, warned: true }, 0, []],
    ['nothing when the last failure lies before half of it', { since: 4 }, 2, []],
    ['suspension after the whole period', { since: 5.1, warned: true }, 0, ['suspend']],
    ['suspension even without a warning', { since: 5.1 }, 0, ['suspend']],
    ['nothing when the last failure lies before its end', { since: 6, warned: true }, 2, []],
    ['a belated warning when the last failure lies between the two', { since: 6 }, 2, ['warn']],
    ['suspension after a day, if that is the period', { since: 1.1, afterDays: 1 }, 0, ['suspend']],
    ['a warning after half a day, if that is', { since: 0.6, afterDays: 1 }, 0, ['warn']],
    ['nothing if it is switched off', { since: 30, afterDays: 0 }, 0, []],
  ])('is %s', async (_what, state, until, steps) => {
    await failing(state);
    await onlyFailures(state.since, until);
    expect(await nextStep()).toEqual(steps);
  });

  it('is nothing without a single attempt since', async () => {
    await failing({ since: 10 });
    expect(await nextStep()).toEqual([]);
  });

  it('is nothing when its last attempt was a success', async () => {
    await failing({ since: 6 });
    await addStory({ made: 6, attempts: [[6, 500]], settled: 6 });
    await addStory({ made: 0.5, attempts: [[0.5, 200]], settled: 0.5 });
    expect(await nextStep()).toEqual([]);
  });

  it.each(['suspended', 'pending_validation', 'deleted'])('is nothing for one that is %s', async (status) => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    await db.pool.query('UPDATE webhook SET status = $2 WHERE id = $1', [webhookId, status]);
    expect(await nextStep()).toEqual([]);
  });
});

describe('suspending', () => {
  it('raises the epoch, says why, and tells', async () => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    const [webhook] = await list();
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBe(1);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
    const row = await webhookRow();
    expect(row).toMatchObject({ status: 'suspended', epoch: 1, suspend_reason: 'failing' });
    expect(await toldOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.suspended',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          reason: 'failing',
          suspendedAt: row.suspended_at.toISOString(),
        },
      },
    ]);
  });

  it.each<[string, Story]>([
    ['of what it was sent since', { made: 3, attempts: [[3, 204]], settled: 3 }],
    ['of something older', { made: 9, attempts: [[9, 500], [2, 200]], settled: 2 }], // prettier-ignore
    ['that was tried again in vain after it', { made: 3, attempts: [[3, 200], [1, 500]], settled: 1 }], // prettier-ignore
    ['of what is pending again', { made: 3, attempts: [[3, 200], [1, 500]] }], // prettier-ignore
  ])('never happens after one success in between, %s', async (_what, story) => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    await addStory(story);
    const [webhook] = await list();
    expect(webhook?.step).toBe('suspend');
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
    expect(await webhookRow()).toMatchObject({ status: 'active', epoch: 0 });
    expect(await toldOf(db.pool, tenantId)).toEqual([]);
  });

  it('does not mind a success before the first failure, nor one of another webhook', async () => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    await addStory({ made: 7, attempts: [[6.1, 200]], settled: 6.1 });
    const mine = webhookId;
    webhookId = await addWebhook(db.pool, { tenantId });
    await addStory({ made: 3, attempts: [[3, 200]], settled: 3 });
    const webhook = (await list()).find(({ id }) => id === mine);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBe(1);
  });

  it.each([
    ['was reactivated', 'epoch = epoch + 2'],
    ['has succeeded', 'failing_since = NULL'],
    ['was suspended', "status = 'suspended'"],
  ])('leaves alone a webhook that %s meanwhile', async (_what, change) => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    const [webhook] = await list();
    await db.pool.query(`UPDATE webhook SET ${change} WHERE id = $1`, [webhookId]);
    expect(webhook && (await suspendFailingWebhook(db.pool, webhook))).toBeNull();
  });

  it('begins anew after a reactivation', async () => {
    const prisma = openPrisma(db.pool);
    await failing({ since: 6, warned: true });
    await onlyFailures(6, 0);
    for (const command of [{ type: 'suspend', reason: 'x' } as const, { type: 'reactivate' } as const]) {
      const decide = (webhook: WebhookRecord, now: Date) => {
        const result = transition(webhook, command, now);
        return result.ok ? { lifecycle: result.next } : {};
      };
      await changeWebhook(prisma, { id: webhookId, tenantId }, decide, NO_TRAIL);
    }
    expect(await webhookRow()).toMatchObject({
      status: 'active',
      failing_since: null,
      failing_warned_at: null,
    });
  });
});

describe('warning', () => {
  it('happens once, and tells when it will be suspended', async () => {
    await failing({ since: 3 });
    await onlyFailures(3, 0);
    const [webhook] = await list();
    expect(webhook && (await warnFailingWebhook(db.pool, webhook, NOW))).toBe(true);
    expect(webhook && (await warnFailingWebhook(db.pool, webhook, NOW))).toBe(false);
    expect(await webhookRow()).toMatchObject({ status: 'active', epoch: 0, failing_warned_at: NOW });
    expect(await toldOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.failing',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          failingSince: daysAgo(3).toISOString(),
          suspendsAt: daysAgo(-2).toISOString(),
        },
      },
    ]);
    expect(await nextStep()).toEqual([]);
  });

  it('does not happen after a success in between', async () => {
    await failing({ since: 3 });
    await onlyFailures(3, 0);
    await addStory({ made: 2, attempts: [[2, 200]], settled: 2 });
    const [webhook] = await list();
    expect(webhook && (await warnFailingWebhook(db.pool, webhook, NOW))).toBe(false);
    expect(await toldOf(db.pool, tenantId)).toEqual([]);
  });
});

const correct = async () => {
  const [webhook] = await list();
  if (webhook) await correctFailingSince(db.pool, webhook);
  return (await webhookRow()).failing_since;
};

describe('a success that nobody noted', () => {
  it('lets it fail only since the first failure after it', async () => {
    await failing({ since: 6, warned: true });
    await onlyFailures(6, 0);
    await addStory({ made: 5, attempts: [[5, 200]], settled: 5 });
    await addStory({ made: 4, attempts: [[4, 200]], settled: 4 });
    await onlyFailures(3, 0);
    expect(await correct()).toEqual(daysAgo(3));
    expect(await toldOf(db.pool, tenantId)).toMatchObject([
      {
        type: 'posthorn.webhook.recovered',
        data: { failedSince: daysAgo(6).toISOString(), recoveredAt: daysAgo(4).toISOString() },
      },
    ]);
    // From there the next half of a period ends with the warning, which holds now.
    const [webhook] = await list();
    expect(webhook?.step).toBe('warn');
    expect(webhook && (await warnFailingWebhook(db.pool, webhook, NOW))).toBe(true);
  });

  it('lets it not fail at all when that was the last attempt', async () => {
    await failing({ since: 6 });
    await onlyFailures(6, 0.5);
    await addStory({ made: 0.4, attempts: [[0.4, 200]], settled: 0.4 });
    expect(await correct()).toBeNull();
  });

  it('is left behind even by a failure of the same millisecond', async () => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    const [first, second] = [idOf(daysAgo(3)), idOf(daysAgo(3))].toSorted();
    await addStory({ made: 3, attempts: [[3, 200, first], [3, 500, second]], settled: 3 }); // prettier-ignore
    await onlyFailures(2.9, 0);
    await correct();
    const [webhook] = await list();
    expect(webhook?.step).toBe('warn');
    expect(webhook && (await warnFailingWebhook(db.pool, webhook, NOW))).toBe(true);
  });

  it('changes nothing when there is none', async () => {
    await failing({ since: 6 });
    await onlyFailures(6, 0);
    expect(await correct()).toEqual(daysAgo(6));
  });
});

describe('the longest failing', () => {
  it('come first, so many at a time', async () => {
    for (const since of [6, 8, 7]) {
      webhookId = await addWebhook(db.pool, { tenantId });
      await failing({ since });
      await onlyFailures(since, 0);
    }
    const listed = await listFailingWebhooks(db.pool, { now: NOW, limit: 2 });
    expect(listed.map(({ failingSince }) => failingSince)).toEqual([daysAgo(8), daysAgo(7)]);
  });
});

it('a webhook that workers note as well is not listed any more', async () => {
  await failing({ since: 6 });
  await onlyFailures(6, 0);
  await recordHealth(db.pool, [{ webhookId, succeededAt: NOW, failingSince: null }]);
  expect(await nextStep()).toEqual([]);
});
