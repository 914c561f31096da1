import { describe, expect, it } from '@jest/globals';
import { gate, newId, SYSTEM, type TenantCommand, type WebhookStatus } from '@posthorn/core';
import { eventually, overriding } from '@posthorn/testkit';
import { dropPendingDeliveries, dropPendingOfTenant } from '../src/deliveries/drop-pending-deliveries.js';
import { dropsAreDue } from '../src/deliveries/drops-are-due.js';
import { listDeliveries } from '../src/deliveries/list-deliveries.js';
import { listTenantsToDrop } from '../src/deliveries/list-tenants-to-drop.js';
import { listWebhooksToDrop } from '../src/deliveries/list-webhooks-to-drop.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import { readAcceptRules } from '../src/events/read-accept-rules.js';
import { findChangedFeeds } from '../src/feed/find-changed-feeds.js';
import { listFailingWebhooks } from '../src/health/list-failing-webhooks.js';
import { createRecovery, measureRecovery } from '../src/replays/create-recovery.js';
import { createReplay } from '../src/replays/create-replay.js';
import { listRunningReplays } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { restoreTenants } from '../src/tenants/restore-tenants.js';
import { listTenantFences, readTenantFence } from '../src/tenants/tenant-fences.js';
import { updateTenant } from '../src/tenants/tenants.js';
import { listFences } from '../src/webhooks/list-fences.js';
import { readWebhookLimits } from '../src/webhooks/read-webhook-limits.js';
import { restoreWebhooks } from '../src/webhooks/restore-webhooks.js';
import { createDueWorkFinder } from '../src/work/due-work-finder.js';
import type { Pool } from 'pg';
import { addPendingRows } from './fixtures/delivery-rows.js';
import { commandTenant } from './fixtures/lifecycle.js';
import { addTenant, addWebhook, newEvent, readDelivery, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const SUSPEND: TenantCommand = { type: 'suspend', reason: 'unpaid', byName: 'ops' };
const DELETE: TenantCommand = { type: 'delete', purgeDays: 7 };
const change = (tenantId: string, command: TenantCommand) => commandTenant(db.pool, tenantId, command);
const suspend = (tenantId: string) => change(tenantId, SUSPEND);
const reactivate = (tenantId: string) => change(tenantId, { type: 'reactivate' });

const webhookOf = async (id: string) => {
  const { rows } = await db.pool.query(
    `SELECT status, epoch, resumed_epoch, dropped_epoch, active_since, failing_since, health FROM webhook WHERE id = $1`,
    [id],
  );
  return rows[0];
};

/** Accepts an event of a tenant, and returns the ids of its deliveries. */
async function publish(tenantId: string): Promise<string[]> {
  const accepted = await acceptEvents(db.pool, [newEvent({ tenantId })]);
  return accepted.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
}

async function webhookWithDelivery(row: WebhookRow = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, ...row });
  const [deliveryId = ''] = await publish(tenantId);
  return { tenantId, webhookId, deliveryId };
}

const statementsOf = (pool: Pool) => {
  let count = 0;
  const counting = new Proxy(pool, {
    get(target, name) {
      if (name === 'query') count += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { pool: counting, count: () => count };
};

describe('the statements that accept events', () => {
  const VARIANTS = {
    'one event without rules': (tenantId: string) =>
      acceptEventsWithoutRules(db.pool, [newEvent({ tenantId })]),
    'several events without rules': (tenantId: string) =>
      acceptEventsWithoutRules(db.pool, [newEvent({ tenantId }), newEvent({ tenantId })]),
    'events with evaluated filters': (tenantId: string) =>
      acceptEvents(db.pool, [newEvent({ tenantId })], { eventIds: [], webhookIds: [], revisions: [] }),
    'events whose filters are not verified': (tenantId: string) =>
      acceptEvents(db.pool, [newEvent({ tenantId })]),
    'events with numbers': (tenantId: string) =>
      acceptEvents(db.pool, [newEvent({ tenantId })], {
        eventIds: [],
        webhookIds: [],
        revisions: [],
        hasSequences: true,
      }),
  };

  it.each(Object.entries(VARIANTS))(
    'store nothing for a tenant that is not active: %s',
    async (_, accept) => {
      const tenantId = await addTenant(db.pool);
      await addWebhook(db.pool, { tenantId });
      const eventsOf = async () =>
        (await db.pool.query('SELECT FROM event WHERE tenant_id = $1', [tenantId])).rowCount;
      await suspend(tenantId);
      expect(await accept(tenantId)).toBeNull();
      await change(tenantId, DELETE);
      expect(await accept(tenantId)).toBeNull();
      expect(await eventsOf()).toBe(0);
      await change(tenantId, { type: 'restore' });
      expect(await accept(tenantId)).not.toBeNull();
      expect(await eventsOf()).toBeGreaterThan(0);
    },
  );

  it('have rules with the status of the tenant', async () => {
    const tenantId = await addTenant(db.pool);
    const read = async () =>
      (await readAcceptRules(db.pool, { tenantIds: [tenantId], types: [], patterns: [] })).tenants;
    expect(await read()).toEqual(new Map([[tenantId, 'active']]));
    await suspend(tenantId);
    expect(await read()).toEqual(new Map([[tenantId, 'suspended']]));
  });

  it('add nothing to a feed after the suspend, although the statement began before', async () => {
    const tenantId = await addTenant(db.pool);
    const webhookId = await addWebhook(db.pool, { tenantId, delivery: 'pull' });
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO webhook_sequence (webhook_id, last, history) VALUES ($1, 0, posthorn_history())`,
      [webhookId],
    );
    const options = { eventIds: [], webhookIds: [], revisions: [], hasSequences: true };
    const accepting = acceptEvents(db.pool, [newEvent({ tenantId })], options);
    await eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND query LIKE '%WITH pattern AS%' AND datname = current_database()`,
      );
      expect(rowCount).toBe(1);
    });
    await suspend(tenantId);
    await client.query('COMMIT');
    client.release();
    await accepting;
    const { rows } = await db.pool.query('SELECT status, reason FROM delivery WHERE webhook_id = $1', [
      webhookId,
    ]);
    expect(rows).toEqual([{ status: 'dropped', reason: 'tenant_suspended' }]);
  });

  it.each([
    ['a suspend', suspend],
    ['another change', (tenantId: string) => rename(tenantId)],
    [
      'a repair after a failover',
      (tenantId: string) => restoreTenants(db.pool, [{ id: tenantId, epoch: 3, isDeleted: false }]),
    ],
  ])('let %s pass, although statements that add to feeds of the tenant overlap', async (_, changeTenant) => {
    const tenantId = await addTenant(db.pool);
    for (const type of ['a.b', 'c.d'])
      await addWebhook(db.pool, { tenantId, delivery: 'pull', patterns: [type] });
    const options = { eventIds: [], webhookIds: [], revisions: [], hasSequences: true };
    const transactions = await Promise.all([db.pool.connect(), db.pool.connect()]);
    const [first, second] = transactions;
    const acceptIn = async (client: typeof first, type: string) => {
      await client.query('BEGIN');
      const pool = overriding(db.pool, { query: client.query.bind(client) });
      return acceptEvents(pool, [newEvent({ tenantId, type })], options);
    };
    try {
      await acceptIn(first, 'a.b');
      const changing = changeTenant(tenantId);
      await lockWaits(1);
      const accepting = acceptIn(second, 'c.d');
      await Promise.race([accepting, lockWaits(2)]);
      await first.query('COMMIT');
      await changing;
      await accepting;
    } finally {
      for (const client of transactions) client.release(true);
    }
  });
});

/** Waits until statements wait for locks. */
const lockWaits = (count: number) =>
  eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    expect(rowCount).toBe(count);
  });

const rename = (tenantId: string) =>
  updateTenant(db.prisma, tenantId, { settings: { name: newId() }, actor: SYSTEM });

const gateOf = async (deliveryId: string) => {
  const [loaded] = await loadDeliveries(db.pool, [deliveryId]);
  if (!loaded || loaded === 'deferred') throw new Error('not loaded');
  const { delivery, webhook, body } = loaded;
  return gate({
    delivery,
    webhook,
    payload: body,
    isErased: false,
    lane: 'fast',
    crashes: 0,
    runEpoch: null,
  });
};

describe('a delivery of a suspended tenant', () => {
  it('is not sent, neither then nor after the reactivation, but later ones are', async () => {
    const { tenantId, deliveryId } = await webhookWithDelivery();
    expect(await gateOf(deliveryId)).toMatchObject({ kind: 'send' });
    await suspend(tenantId);
    expect(await gateOf(deliveryId)).toEqual({ kind: 'drop', reason: 'tenant_suspended' });
    await change(tenantId, DELETE);
    expect(await gateOf(deliveryId)).toEqual({ kind: 'drop', reason: 'deleted' });
    await change(tenantId, { type: 'restore' });
    expect(await gateOf(deliveryId)).toEqual({ kind: 'drop', reason: 'tenant_suspended' });
    const [later = ''] = await publish(tenantId);
    expect(await gateOf(later)).toMatchObject({ kind: 'send' });
  });

  it('has another version of its webhook, so that no process uses what it remembers', async () => {
    const { tenantId, deliveryId } = await webhookWithDelivery();
    const versionOf = async () => {
      const [loaded] = await loadDeliveries(db.pool, [deliveryId]);
      return loaded === 'deferred' ? undefined : loaded?.webhook.version;
    };
    const before = await versionOf();
    expect(await versionOf()).toBe(before);
    await suspend(tenantId);
    expect(await versionOf()).not.toBe(before);
  });

  it('is loaded among many, like alone', async () => {
    const [one, other] = [await webhookWithDelivery(), await webhookWithDelivery()];
    await suspend(one.tenantId);
    const loaded = await loadDeliveries(db.pool, [one.deliveryId, other.deliveryId]);
    const states = loaded.map((each) =>
      each && each !== 'deferred' ? [each.webhook.tenantStatus, each.webhook.tenantEpoch] : null,
    );
    expect(states).toEqual([
      ['suspended', 1],
      ['active', 0],
    ]);
  });

  it('is shown as dropped before it is dropped', async () => {
    const { tenantId, deliveryId } = await webhookWithDelivery();
    const shown = async () => {
      const { items } = await listDeliveries(db.prisma, { tenantId }, { limit: 10 });
      return items.find(({ id }) => id === deliveryId);
    };
    expect(await shown()).toMatchObject({ status: 'pending', reason: null });
    await suspend(tenantId);
    expect(await shown()).toMatchObject({
      status: 'dropped',
      reason: 'tenant_suspended',
      settledAt: expect.any(Date),
      nextAttemptAt: null,
    });
    await reactivate(tenantId);
    expect(await shown()).toMatchObject({ status: 'dropped', reason: 'tenant_suspended' });
  });
});

describe('a reactivation', () => {
  it('gives the active webhooks another epoch, and no others', async () => {
    const tenantId = await addTenant(db.pool);
    const statuses: WebhookStatus[] = ['active', 'suspended', 'pending_validation', 'deleted'];
    const ids = await Promise.all(
      statuses.map((status) => addWebhook(db.pool, { tenantId, status, epoch: 2 })),
    );
    const [activeId = '', ...otherIds] = ids;
    await db.pool.query(
      `UPDATE webhook SET failing_since = now() - interval '3 days', failing_percent = 50, health = 'failing' WHERE tenant_id = $1`,
      [tenantId],
    );
    const before = await Promise.all(otherIds.map(webhookOf));
    await suspend(tenantId);
    expect((await webhookOf(activeId)).epoch).toBe(2);
    const { reactivatedAt } = await reactivate(tenantId);
    expect(await webhookOf(activeId)).toMatchObject({
      status: 'active',
      epoch: 3,
      resumed_epoch: 3,
      active_since: reactivatedAt,
      failing_since: null,
      health: 'healthy',
    });
    expect(await Promise.all(otherIds.map(webhookOf))).toEqual(before);
  });

  it('does not set back since when a webhook is active', async () => {
    const { tenantId, webhookId } = await webhookWithDelivery();
    await suspend(tenantId);
    // As a call that made it active while the reactivation waited for it.
    const { rows } = await db.pool.query<{ active_since: Date }>(
      `UPDATE webhook SET active_since = now() + interval '1 second' WHERE id = $1 RETURNING active_since`,
      [webhookId],
    );
    await reactivate(tenantId);
    expect((await webhookOf(webhookId)).active_since).toEqual(rows[0]?.active_since);
  });

  it('lets no push of before match, and pushes of afterwards do', async () => {
    const { tenantId } = await webhookWithDelivery();
    await suspend(tenantId);
    const { reactivatedAt } = await reactivate(tenantId);
    const activeSinceMs = reactivatedAt?.getTime() ?? 0;
    const push = async (publishedAt: Date) => {
      const [event] = await acceptEvents(db.pool, [newEvent({ tenantId, pushed: true, publishedAt })]);
      return event?.deliveries.length;
    };
    expect(await push(new Date(activeSinceMs - 1))).toBe(0);
    expect(await push(new Date(activeSinceMs))).toBe(1);
  });

  it('includes a webhook that a concurrent call makes active', async () => {
    const tenantId = await addTenant(db.pool);
    const webhookId = await addWebhook(db.pool, { tenantId, status: 'suspended', epoch: 1 });
    await suspend(tenantId);
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE webhook SET status = 'active', epoch = 2, active_since = now() WHERE id = $1`,
      [webhookId],
    );
    const reactivating = reactivate(tenantId);
    await eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SELECT FROM webhook%' AND datname = current_database()`,
      );
      expect(rowCount).toBe(1);
    });
    await client.query('COMMIT');
    client.release();
    const { reactivatedAt } = await reactivating;
    expect(await webhookOf(webhookId)).toMatchObject({ epoch: 3, active_since: reactivatedAt });
  });

  it('leaves nothing to drop if all was dropped before, and each webhook otherwise', async () => {
    for (const isDropped of [true, false]) {
      const { tenantId, webhookId, deliveryId } = await webhookWithDelivery();
      const { epoch } = await suspend(tenantId);
      if (isDropped) await dropPendingOfTenant(db.pool, { tenantId, epoch });
      await reactivate(tenantId);
      const toDrop = await listWebhooksToDrop(db.pool, { limit: 1000, minAgeMs: 0 });
      const own = toDrop.filter((each) => each.webhookId === webhookId);
      expect(own).toEqual(isDropped ? [] : [{ webhookId, epoch: 1, reason: 'suspended' }]);
      for (const each of own) await dropPendingDeliveries(db.pool, each);
      expect(await readDelivery(db.pool, deliveryId)).toMatchObject({
        status: 'dropped',
        reason: 'tenant_suspended',
      });
    }
  });
});

const addMany = async (webhooks: number) => {
  const tenantId = await addTenant(db.pool);
  const { rows } = await db.pool.query<{ webhookId: string }>(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since)
     SELECT posthorn_uuidv7(), $1, 'https://receiver.example/', '[]', 1000, 'active', now() FROM generate_series(1, $2)
     RETURNING id AS "webhookId"`,
    [tenantId, webhooks],
  );
  await addPendingRows(db.pool, rows.slice(0, 100));
  return tenantId;
};

describe('dropPendingOfTenant', () => {
  it('drops the deliveries of 10,000 webhooks with as many statements as those of one', async () => {
    const counts = [];
    for (const webhooks of [1, 10_000]) {
      const tenantId = await addMany(webhooks);
      const { epoch } = await suspend(tenantId);
      const counting = statementsOf(db.pool);
      expect(await dropPendingOfTenant(counting.pool, { tenantId, epoch, maxMs: 60_000 })).toBe(
        Math.min(webhooks, 100),
      );
      counts.push(counting.count());
      const { rows } = await db.pool.query(
        `SELECT DISTINCT status, reason FROM delivery WHERE tenant_id = $1`,
        [tenantId],
      );
      expect(rows).toEqual([{ status: 'dropped', reason: 'tenant_suspended' }]);
    }
    expect(counts[1]).toBe(counts[0]);
  });

  it('keeps the reasons of deliveries that their webhooks had stopped before', async () => {
    const { tenantId, webhookId, deliveryId } = await webhookWithDelivery();
    await db.pool.query(
      `UPDATE webhook SET status = 'suspended', epoch = 1, suspended_at = now() WHERE id = $1`,
      [webhookId],
    );
    const { epoch } = await suspend(tenantId);
    expect(await dropPendingOfTenant(db.pool, { tenantId, epoch })).toBe(1);
    expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ status: 'dropped', reason: 'suspended' });
  });

  it('is finished by a producer, and drops nothing of a tenant that is active again', async () => {
    const { tenantId, deliveryId } = await webhookWithDelivery();
    const { epoch } = await change(tenantId, DELETE);
    const toDrop = async () => {
      const tenants = await listTenantsToDrop(db.pool, { limit: 1000, minAgeMs: 0 });
      return tenants.filter((each) => each.tenantId === tenantId);
    };
    expect(await toDrop()).toEqual([{ tenantId, epoch, reason: 'deleted' }]);
    expect(await createDueWorkFinder(db.pool, { drops: dropsAreDue(0) })()).toEqual(new Set(['drops']));
    expect(await listTenantsToDrop(db.pool, { limit: 1000, minAgeMs: 60_000 })).toEqual([]);
    await change(tenantId, { type: 'restore' });
    expect(await toDrop()).toEqual([]);
    const [later = ''] = await publish(tenantId);
    expect(await dropPendingOfTenant(db.pool, { tenantId, epoch })).toBe(0);
    expect(await readDelivery(db.pool, later)).toMatchObject({ status: 'pending' });

    const again = await suspend(tenantId);
    await dropPendingOfTenant(db.pool, { tenantId, epoch: again.epoch });
    expect(await toDrop()).toEqual([]);
    expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ reason: 'tenant_suspended' });
  });
});

describe('while a tenant is suspended', () => {
  it('its replays end, and no new one includes its webhooks', async () => {
    const { tenantId, webhookId, deliveryId } = await webhookWithDelivery();
    await db.pool.query(`UPDATE webhook SET status = 'suspended', epoch = 1 WHERE id = $1`, [webhookId]);
    await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 });
    await db.pool.query(`UPDATE webhook SET status = 'active', epoch = 2 WHERE id = $1`, [webhookId]);
    const { event_id: eventId } = await readDelivery(db.pool, deliveryId);
    const scope = { webhookId: null, eventId, from: null, to: null, statuses: [], eventTypes: [] };
    const audit = { actor: SYSTEM, snapshot: {} };
    const ofEvent = await createReplay(db.pool, { ...scope, id: newId(), tenantId }, audit);
    const recovery = {
      tenantId,
      webhookId: null,
      since: new Date(Date.now() - 60_000),
      until: null,
      includeDropped: true,
    };
    await createRecovery(db.pool, { ...recovery, id: newId() }, audit);
    await suspend(tenantId);
    const running = await listRunningReplays(db.pool);
    const own = running.filter((replay) => replay.webhookId === webhookId);
    expect(own.map(({ isTargetActive }) => isTargetActive)).toEqual([false]);
    const chunk = { webhookIds: [webhookId], deliveryIds: [deliveryId], cursor: null };
    expect(await requeueReplayChunk(db.pool, { id: ofEvent.id, cursor: null }, chunk)).toEqual([]);
    expect(await measureRecovery(db.pool, recovery)).toMatchObject({ webhooks: 0, inactiveWebhooks: 1 });
    expect(await createReplay(db.pool, { ...scope, id: newId(), tenantId }, audit)).toMatchObject({
      total: 0,
    });
  });

  it('its webhooks are neither released nor suspended as failing', async () => {
    const { tenantId, webhookId } = await webhookWithDelivery();
    await db.pool.query(
      `UPDATE webhook SET auto_suspend_after_days = 1, failing_since = now() - interval '3 days' WHERE id = $1`,
      [webhookId],
    );
    await db.pool.query(
      `INSERT INTO webhook_minute_stats (webhook_id, tenant_id, minute, attempts, succeeded, failed, dropped, latency_buckets, latency_counts)
       VALUES ($1, $2, date_trunc('minute', now()), 1, 0, 0, 0, '{}', '{}')`,
      [webhookId, tenantId],
    );
    const isFailing = async () => {
      const failing = await listFailingWebhooks(db.pool, { now: new Date(), limit: 1000 });
      return failing.some(({ id }) => id === webhookId);
    };
    expect(await isFailing()).toBe(true);
    expect(await readWebhookLimits(db.pool, [webhookId])).toHaveLength(1);
    await suspend(tenantId);
    expect(await isFailing()).toBe(false);
    expect(await readWebhookLimits(db.pool, [webhookId])).toEqual([]);
  });

  it('its feeds have changed', async () => {
    const tenantId = await addTenant(db.pool);
    const webhookId = await addWebhook(db.pool, { tenantId, delivery: 'pull' });
    const keyId = newId();
    await db.pool.query(
      `INSERT INTO api_key (id, kind, name, prefix, key_hash, scopes, tenant_id) VALUES ($1, 'key', '', '', $2, '{}', $3)`,
      [keyId, Buffer.from(keyId), tenantId],
    );
    const feed = { webhookId, epoch: 0, keyId, after: 0 };
    expect(await findChangedFeeds(db.pool, [feed])).toEqual([]);
    await suspend(tenantId);
    expect(await findChangedFeeds(db.pool, [feed])).toEqual([feed]);
  });
});

describe('the fences of tenants', () => {
  it('are those of the tenants whose status changed in the last days, page by page', async () => {
    const [suspended, deleted, old] = await Promise.all([1, 2, 3].map(() => addTenant(db.pool)));
    await suspend(suspended ?? '');
    await change(deleted ?? '', DELETE);
    await suspend(old ?? '');
    await db.pool.query(`UPDATE tenant SET suspended_at = now() - interval '8 days' WHERE id = $1`, [old]);
    const all = [];
    let after = null;
    for (;;) {
      const page: Awaited<ReturnType<typeof listTenantFences>> = await listTenantFences(db.pool, {
        days: 7,
        after,
        limit: 1,
      });
      all.push(...page);
      after = page.at(-1) ?? null;
      if (!after) break;
    }
    const own = all.filter(({ tenantId }) => [suspended, deleted, old].includes(tenantId));
    expect(own).toMatchObject([
      { tenantId: suspended, epoch: 1, isDeleted: false },
      { tenantId: deleted, epoch: 1, isDeleted: true },
    ]);
    expect(await readTenantFence(db.pool, deleted ?? '')).toEqual({
      tenantId: deleted,
      epoch: 1,
      isDeleted: true,
    });
    await change(deleted ?? '', { type: 'restore' });
    expect(await readTenantFence(db.pool, deleted ?? '')).toBeNull();
  });

  it.each([1, 2])(
    'raise none of the webhooks: a failover that loses reactivations (%s) leaves their states as they are',
    async (cycles) => {
      const { tenantId, webhookId } = await webhookWithDelivery({ epoch: 4 });
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        await suspend(tenantId);
        await reactivate(tenantId);
      }
      expect((await webhookOf(webhookId)).epoch).toBe(4 + cycles);
      const fences = await listFences(db.pool, { days: 7, after: null, limit: 1000 });
      const fence = fences.find((each) => each.webhookId === webhookId);
      expect(fence?.epoch).toBe(4);
      // As the promoted replica has it.
      await db.pool.query(`UPDATE webhook SET epoch = 4, resumed_epoch = 0 WHERE id = $1`, [webhookId]);
      expect(await restoreWebhooks(db.pool, [{ id: webhookId, epoch: 4, isDeleted: false }])).toEqual([]);
      expect(await webhookOf(webhookId)).toMatchObject({ status: 'active' });
    },
  );

  it('are raised by a change of the webhook itself after reactivations of its tenant', async () => {
    const { tenantId, webhookId } = await webhookWithDelivery();
    await suspend(tenantId);
    await reactivate(tenantId);
    await db.pool.query(`UPDATE webhook SET status = 'active', epoch = epoch + 2 WHERE id = $1`, [webhookId]);
    await suspend(tenantId);
    await reactivate(tenantId);
    const fences = await listFences(db.pool, { days: 7, after: null, limit: 1000 });
    expect(fences).toContainEqual(expect.objectContaining({ webhookId, epoch: 3 }));
    expect((await webhookOf(webhookId)).epoch).toBe(4);
  });

  it.each([
    [false, 'suspended', 'tenant.suspended'],
    [true, 'deleted', 'tenant.deleted'],
  ] as const)('restore what a failover has lost, once (deleted: %s)', async (isDeleted, status, action) => {
    const tenantId = await addTenant(db.pool);
    const fences = [
      { id: tenantId, epoch: 3, isDeleted },
      { id: newId(), epoch: 1, isDeleted },
    ];
    const runs = await Promise.all([
      restoreTenants(db.pool, fences),
      restoreTenants(db.pool, fences.toReversed()),
    ]);
    expect(runs.flat()).toEqual([{ id: tenantId, epoch: 4, status }]);
    const { rows } = await db.pool.query(
      `SELECT status, epoch, suspend_reason, deleted_at IS NOT NULL AS deleted, purge_at > now() + interval '6 days' AS purged FROM tenant WHERE id = $1`,
      [tenantId],
    );
    expect(rows).toEqual([
      {
        status,
        epoch: 4,
        suspend_reason: isDeleted ? null : 'failover',
        deleted: isDeleted,
        purged: isDeleted || null,
      },
    ]);
    const audit = await db.pool.query('SELECT action, before, after FROM audit_entry WHERE target = $1', [
      tenantId,
    ]);
    expect(audit.rows).toEqual([
      { action, before: { status: 'active' }, after: { status, reason: 'failover' } },
    ]);
  });

  it('change nothing about a tenant that is as new as its fence', async () => {
    const tenantId = await addTenant(db.pool);
    const { epoch } = await suspend(tenantId);
    expect(await restoreTenants(db.pool, [{ id: tenantId, epoch, isDeleted: false }])).toEqual([]);
    expect(await readTenantFence(db.pool, tenantId)).toEqual({ tenantId, epoch, isDeleted: false });
  });

  it('only raise the epoch of a tenant that is suspended already', async () => {
    const tenantId = await addTenant(db.pool);
    await suspend(tenantId);
    expect(await restoreTenants(db.pool, [{ id: tenantId, epoch: 5, isDeleted: false }])).toEqual([]);
    const tenant = await reactivate(tenantId);
    expect(tenant.epoch).toBe(7);
  });
});
