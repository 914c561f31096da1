// Webhooks that are read with their feeds.
import { describe, expect, it } from '@jest/globals';
import { gate, newId, SYSTEM } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { listDueDeliveries } from '../src/deliveries/list-due-deliveries.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { readAcceptRules } from '../src/events/read-accept-rules.js';
import { createRecovery } from '../src/replays/create-recovery.js';
import { createReplay } from '../src/replays/create-replay.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { aggregateStats } from '../src/statistics/aggregate-stats.js';
import { addTenant, addWebhook, newEvent, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const NO_FILTERS = { eventIds: [], webhookIds: [], revisions: [] };
const SEQUENCED = { ...NO_FILTERS, hasSequences: true };

async function pulled(row: WebhookRow = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, delivery: 'pull', ...row });
  return {
    tenantId,
    webhookId,
    event: (fields: Partial<NewEvent> = {}) => newEvent({ tenantId, ...fields }),
  };
}

const deliveriesOf = async (webhookId: string) => {
  const { rows } = await db.pool.query(
    `SELECT event_id, status, reason, sequence::integer, attempt_count, next_attempt_at FROM delivery WHERE webhook_id = $1
     ORDER BY sequence`,
    [webhookId],
  );
  return rows;
};

const entry = (event: NewEvent, sequence: number) => ({
  event_id: event.id,
  status: 'available',
  reason: null,
  sequence,
  attempt_count: 0,
  next_attempt_at: null,
});

describe('a webhook that is read with its feed', () => {
  it('has numbered deliveries that are never pending, and none of them has a job', async () => {
    const { tenantId, webhookId, event } = await pulled();
    const pushed = await addWebhook(db.pool, { tenantId, sequenced: true });
    const events = [event(), event(), event()];
    const accepted = await acceptEvents(db.pool, events, SEQUENCED);
    expect(await deliveriesOf(webhookId)).toEqual(events.map((each, index) => entry(each, index + 1)));
    const { rows } = await db.pool.query('SELECT id FROM pending_delivery WHERE webhook_id = $1', [pushed]);
    const jobs = accepted?.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)) ?? [];
    expect(new Set(jobs)).toEqual(new Set(rows.map(({ id }) => id)));
    expect(accepted).toHaveLength(3);
  });

  it('has no entry of an event that is stored after a suspend, although its statement began before', async () => {
    const { webhookId, event } = await pulled();
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO webhook_sequence (webhook_id, last, history) VALUES ($1, 0, posthorn_history())`,
      [webhookId],
    );
    const accepting = acceptEvents(db.pool, [event()], SEQUENCED);
    await eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND query LIKE '%WITH pattern AS%' AND datname = current_database()`,
      );
      expect(rowCount).toBe(1);
    });
    await db.pool.query(`UPDATE webhook SET status = 'suspended', epoch = epoch + 1 WHERE id = $1`, [
      webhookId,
    ]);
    await client.query('COMMIT');
    client.release();
    await accepting;
    expect(await deliveriesOf(webhookId)).toMatchObject([
      { status: 'dropped', reason: 'suspended', sequence: 1 },
    ]);
  });

  it('has entries also of events without other deliveries', async () => {
    const { webhookId, event } = await pulled();
    const first = event();
    expect(await acceptEvents(db.genericPlanPool, [first], SEQUENCED)).toEqual([
      { eventId: first.id, deliveries: [], available: 1 },
    ]);
    expect(await deliveriesOf(webhookId)).toEqual([entry(first, 1)]);
  });

  it('is among the webhooks with numbers, so that no statement without them accepts its events', async () => {
    const { tenantId, event } = await pulled();
    expect(await acceptEvents(db.pool, [event()], { ...NO_FILTERS })).toBeNull();
    expect(await acceptEventsWithoutRules(db.pool, [event()])).toBeNull();
    expect(await acceptEventsWithoutRules(db.pool, [event(), event()])).toBeNull();
    const rules = await readAcceptRules(db.pool, { tenantIds: [tenantId], types: ['a.b'], patterns: ['*'] });
    expect(rules.sequenced).toEqual([{ tenantId, pattern: '*' }]);
  });

  it('gets only events that match its filter, and a shadow gets them as dropped', async () => {
    const { webhookId, event } = await pulled({ isShadow: true });
    await db.pool.query(`UPDATE webhook SET filter = '{}', filter_set_at = now() WHERE id = $1`, [webhookId]);
    const [matching, other] = [event(), event()];
    await acceptEvents(db.pool, [matching, other], {
      eventIds: [matching.id],
      webhookIds: [webhookId],
      hasSequences: true,
    });
    expect(await deliveriesOf(webhookId)).toEqual([
      { ...entry(matching, 1), status: 'dropped', reason: 'shadow' },
    ]);
  });

  it('gets nothing while it is suspended', async () => {
    const { webhookId, event } = await pulled({ status: 'suspended' });
    await acceptEvents(db.pool, [event()], SEQUENCED);
    expect(await deliveriesOf(webhookId)).toEqual([]);
  });

  it('has no pending delivery of before that could be sent', async () => {
    const { tenantId, webhookId, event } = await pulled({ delivery: 'push' });
    const accepted = await acceptEvents(db.pool, [event()], SEQUENCED);
    const [id = ''] = accepted?.flatMap(({ deliveries }) => deliveries.map((each) => each.id)) ?? [];
    const update = `UPDATE webhook SET delivery = 'pull', url = NULL, epoch = epoch + 2 WHERE id = $1`;
    await db.pool.query(update, [webhookId]);
    const [loaded] = await loadDeliveries(db.pool, [id]);
    if (typeof loaded !== 'object') throw new Error('The delivery was not loaded');
    expect(loaded.webhook).toMatchObject({ tenantId, url: '' });
    const { delivery, webhook, body: payload } = loaded;
    const job = { lane: 'fast', crashes: 0, runEpoch: null, isErased: false } as const;
    expect(gate({ delivery, webhook, payload, ...job })).toEqual({ kind: 'drop', reason: 'suspended' });
  });

  it('has a URL if and only if it gets requests', async () => {
    const { webhookId } = await pulled();
    for (const change of [`url = 'https://a.example/'`, `delivery = 'push'`]) {
      const changed = db.pool.query(`UPDATE webhook SET ${change} WHERE id = $1`, [webhookId]);
      await expect(changed).rejects.toThrow(/webhook_check/);
    }
  });

  it('concerns neither reconciler, statistics, replays nor recoveries', async () => {
    const { tenantId, webhookId, event } = await pulled();
    const { id: eventId } = event();
    await acceptEvents(db.pool, [event({ id: eventId })], SEQUENCED);
    await db.pool.query(
      `UPDATE settled_delivery SET settled_at = settled_at - interval '2 minutes' WHERE webhook_id = $1`,
      [webhookId],
    );
    const now = Date.now();
    await aggregateStats(db.pool, { from: new Date(now - 300_000), to: new Date(now) });
    const stats = await db.pool.query('SELECT FROM webhook_minute_stats WHERE webhook_id = $1', [webhookId]);
    expect(stats.rowCount).toBe(0);
    const due = await listDueDeliveries(db.pool, { overdueMs: 0, after: null, limit: 1000 });
    expect(JSON.stringify(due)).not.toContain(webhookId);
    const auditTrail = { actor: SYSTEM, snapshot: {} };
    const all = { from: new Date(0), to: new Date(now + 60_000), statuses: [], eventTypes: [] };
    const ofWebhook = { ...all, id: newId(), tenantId, webhookId, eventId: null };
    expect((await createReplay(db.pool, ofWebhook, auditTrail)).total).toBe(0);
    const ofEvent = { ...ofWebhook, id: newId(), webhookId: null, eventId, from: null, to: null };
    expect((await createReplay(db.pool, ofEvent, auditTrail)).total).toBe(0);
    const recovery = { id: newId(), tenantId, webhookId, since: new Date(0), until: null };
    await db.pool.query(`UPDATE settled_delivery SET status = 'failed' WHERE webhook_id = $1`, [webhookId]);
    const size = await createRecovery(db.pool, { ...recovery, includeDropped: true }, auditTrail);
    expect(size).toMatchObject({ total: 0, webhooks: 0 });
    expect((await createReplay(db.pool, { ...ofEvent, id: newId() }, auditTrail)).total).toBe(0);
  });

  it('gets nothing from a replay that runs', async () => {
    const { tenantId, webhookId, event } = await pulled();
    const [first] = [event()];
    await acceptEvents(db.pool, [first], SEQUENCED);
    await db.pool.query(
      `UPDATE settled_delivery SET status = 'failed', settled_at = now() - interval '1 minute' WHERE webhook_id = $1`,
      [webhookId],
    );
    const replay = { id: newId(), cursor: null };
    await db.pool.query(`INSERT INTO replay (id, tenant_id, event_id, total) VALUES ($1, $2, $3, 1)`, [
      replay.id,
      tenantId,
      first.id,
    ]);
    const { rows } = await db.pool.query('SELECT id FROM settled_delivery WHERE webhook_id = $1', [
      webhookId,
    ]);
    const chunk = { webhookIds: [webhookId], deliveryIds: rows.map(({ id }) => id), cursor: null };
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toEqual([]);
    expect(rows).toHaveLength(1);
  });
});
