import { describe, expect, it } from '@jest/globals';
import { derivedId, newId, SYSTEM } from '@posthorn/core';
import { type HealthUpdate, recordHealth } from '../src/health/record-health.js';
import { createRecovery } from '../src/replays/create-recovery.js';
import { listRunningReplays } from '../src/replays/list-running-replays.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { addWaiting, type PendingRow } from './fixtures/delivery-rows.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const UPDATED = at(-1000);

interface Before {
  failingSince?: Date;
  warned?: boolean;
  activeSince?: Date;
  validatedAt?: Date;
  status?: 'active' | 'suspended';
}

async function addWebhookWithHealth({ failingSince, warned, validatedAt, ...row }: Before = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, ...row });
  await db.pool.query(
    'UPDATE webhook SET failing_since = $2, failing_percent = $3, validated_at = $4, updated_at = $5 WHERE id = $1',
    [webhookId, failingSince, warned ? 50 : null, validatedAt, UPDATED],
  );
  return { tenantId, webhookId };
}

async function healthOf(webhookId: string) {
  const { rows } = await db.pool.query<{
    failing_since: Date | null;
    failing_percent: number | null;
    updated_at: Date;
  }>('SELECT failing_since, failing_percent, updated_at FROM webhook WHERE id = $1', [webhookId]);
  const [row] = rows;
  expect(row?.updated_at).toEqual(UPDATED);
  return { failingSince: row?.failing_since, warned: row?.failing_percent !== null };
}

/** Returns the health of a webhook after an update. */
async function healthAfter(before: Before, update: Omit<HealthUpdate, 'webhookId'>) {
  const { webhookId } = await addWebhookWithHealth(before);
  await recordHealth(db.pool, [{ webhookId, ...update }]);
  return healthOf(webhookId);
}

const failed = (minute: number) => ({ succeededAt: null, failingSince: at(minute) });
const succeeded = (minute: number) => ({ succeededAt: at(minute), failingSince: null });

describe('recordHealth', () => {
  it.each<[string, Before, Omit<HealthUpdate, 'webhookId'>, Date | null]>([
    ['records the first failure', {}, failed(1), at(1)],
    ['records an earlier failure that is reported later', { failingSince: at(5) }, failed(1), at(1)],
    ['ignores a later failure', { failingSince: at(1) }, failed(5), at(1)],
    ['clears it after a success', { failingSince: at(1) }, succeeded(5), null],
    ['ignores a success of a healthy webhook', {}, succeeded(5), null],
    [
      'records a failure after a success',
      { failingSince: at(1) },
      { succeededAt: at(5), failingSince: at(6) },
      at(6),
    ],
    ['ignores a failure before the activation', { activeSince: at(3) }, failed(2), null],
    ['ignores a failure of the previous URL', { validatedAt: at(3) }, failed(2), null],
    [
      'records a failure at the time of the activation',
      { activeSince: at(3), validatedAt: at(2) },
      failed(3),
      at(3),
    ],
    ['ignores a failure while suspended', { status: 'suspended' }, failed(1), null],
  ])('%s', async (_name, before, update, failingSince) => {
    expect(await healthAfter(before, update)).toEqual({ failingSince, warned: false });
  });

  it('keeps the warning while there is no success', async () => {
    expect(await healthAfter({ failingSince: at(2), warned: true }, failed(1))).toEqual({
      failingSince: at(1),
      warned: true,
    });
  });

  it.each([
    ['it is healthy again', succeeded(5), null],
    ['it has failed again since', { succeededAt: at(5), failingSince: at(6) }, at(6)],
  ])('emits an event for a success after a warning when %s', async (_name, update, failingSince) => {
    const { tenantId, webhookId } = await addWebhookWithHealth({ failingSince: at(1), warned: true });
    await recordHealth(db.pool, [{ webhookId, ...update }]);
    await recordHealth(db.pool, [{ webhookId, ...update }]);
    expect(await healthOf(webhookId)).toEqual({ failingSince, warned: false });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.recovered',
        data: {
          webhookId,
          url: 'https://receiver.example/',
          failedSince: at(1).toISOString(),
          recoveredAt: at(5).toISOString(),
        },
      },
    ]);
  });

  it.each([-86_400_000, 86_400_000])(
    'converts the times of a caller whose clock differs by %d ms',
    async (skewMs) => {
      const { webhookId } = await addWebhookWithHealth();
      const now = new Date(Date.now() + skewMs);
      const failingSince = new Date(now.getTime() - 60_000);
      await recordHealth(db.pool, [{ webhookId, succeededAt: null, failingSince }], now);
      const ageMs = Date.now() - ((await healthOf(webhookId)).failingSince?.getTime() ?? 0);
      expect(ageMs).toBeGreaterThan(59_000);
      expect(ageMs).toBeLessThan(90_000);
    },
  );

  it('emits nothing for a success without a warning', async () => {
    const { tenantId, webhookId } = await addWebhookWithHealth({ failingSince: at(1) });
    await recordHealth(db.pool, [{ webhookId, ...succeeded(5) }]);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
  });

  it('does not deadlock when workers update the same webhooks in different orders', async () => {
    const webhooks = await Promise.all(Array.from({ length: 40 }, () => addWebhookWithHealth()));
    const updates = webhooks.map(({ webhookId }, index) => ({ webhookId, ...failed(index) }));
    const shuffled = Array.from({ length: 8 }, (_, turn) =>
      updates.toSorted((a, b) => (turn % 2 ? 1 : -1) * a.webhookId.localeCompare(b.webhookId)),
    );
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        shuffled.map((batch, worker) =>
          recordHealth(
            db.pool,
            batch.map((update) => (worker % 3 ? update : { ...update, ...succeeded(60) })),
          ),
        ),
      );
    }
    await recordHealth(db.pool, updates);
    const health = await Promise.all(webhooks.map(({ webhookId }) => healthOf(webhookId)));
    expect(health.map(({ failingSince }) => failingSince)).toEqual(
      updates.map((update) => update.failingSince),
    );
  });
});

const SECOND_MS = 1000;

/** Returns the running automatic recoveries of a webhook after a success that ends `failingMs` of failures. */
async function recoveriesAfter(failingMs: number, deliveries: Partial<PendingRow>[]) {
  const succeededAt = new Date();
  const failingSince = new Date(succeededAt.getTime() - failingMs);
  const { webhookId } = await addWebhookWithHealth({ failingSince });
  const ids: string[] = [];
  for (const delivery of deliveries) ids.push(await addWaiting(db.pool, { webhookId, ...delivery }));
  const success = { webhookId, succeededAt, failingSince: null };
  await Promise.all([recordHealth(db.pool, [success]), recordHealth(db.pool, [success])]);
  const replays = (await listRunningReplays(db.pool)).filter((replay) => replay.webhookId === webhookId);
  return { webhookId, ids, replays };
}

describe('an automatic recovery', () => {
  it('starts once, with the first success after an outage', async () => {
    const { ids, replays } = await recoveriesAfter(60 * SECOND_MS, [
      { attemptCount: 0, dueInMs: -1 },
      { unscheduledAttempts: 1 },
      {},
      { attemptCount: 3, unscheduledAttempts: 1 },
    ]);
    expect(replays).toMatchObject([{ isAutomatic: true, isFailingAgain: false, statuses: ['pending'] }]);
    const [replay] = replays;
    if (!replay) throw new Error('no recovery');
    // In the order of their ids, which is random within a millisecond.
    expect((await selectReplayChunk(db.pool, replay, 10)).deliveryIds).toEqual(ids.slice(2).toSorted());
    const { rows } = await db.pool.query(
      `SELECT r.automatic, a.actor_name FROM recovery r JOIN audit_entry a ON a.target = r.id::text WHERE r.id = $1`,
      [replay.recoveryId],
    );
    expect(rows).toEqual([{ automatic: true, actor_name: 'system' }]);
  });

  it('leaves the deliveries of a running replay to it, and takes them when it is completed', async () => {
    const { webhookId, ids, replays } = await recoveriesAfter(60 * SECOND_MS, [{}, {}]);
    const [recovery] = replays;
    const [ofReplay = '', other = ''] = ids;
    if (!recovery) throw new Error('no recovery');
    const replayId = newId();
    await db.pool.query(
      `INSERT INTO replay (id, tenant_id, webhook_id, statuses, event_types, total)
       SELECT $1, tenant_id, id, '{}', '{}', 1 FROM webhook WHERE id = $2`,
      [replayId, webhookId],
    );
    await db.pool.query('UPDATE pending_delivery SET replay_id = $1 WHERE id = $2', [replayId, ofReplay]);
    expect((await selectReplayChunk(db.pool, recovery, 10)).deliveryIds).toEqual([other]);
    await db.pool.query("UPDATE replay SET status = 'completed' WHERE id = $1", [replayId]);
    expect((await selectReplayChunk(db.pool, recovery, 10)).deliveryIds).toEqual(ids.toSorted());
  });

  it('brings forward deliveries whose ids are of a time in the future', async () => {
    const tomorrow = new Date(Date.now() + 20 * 3600 * SECOND_MS);
    const { ids, replays } = await recoveriesAfter(60 * SECOND_MS, [{ at: tomorrow }]);
    const [replay] = replays;
    if (!replay) throw new Error('no recovery');
    expect((await selectReplayChunk(db.pool, replay, 10)).deliveryIds).toEqual(ids);
    const { rows } = await db.pool.query('SELECT since <= until AS ordered FROM recovery WHERE id = $1', [
      replay.recoveryId,
    ]);
    expect(rows).toEqual([{ ordered: true }]);
  });

  it.each<[string, number, Partial<PendingRow>]>([
    ['a short failure', 5 * SECOND_MS, {}],
    ['an outage if the retries are due soon', 60 * SECOND_MS, { dueInMs: 5 * SECOND_MS }],
    [
      'an outage if all were brought forward too often',
      60 * SECOND_MS,
      { attemptCount: 4, unscheduledAttempts: 2 },
    ],
    ['an outage if nothing waits', 60 * SECOND_MS, { dueInMs: -1 }],
  ])('does not start after %s', async (_name, failingMs, delivery) => {
    expect((await recoveriesAfter(failingMs, [delivery])).replays).toEqual([]);
  });

  it.each([
    ['does not start while a requested one that covers the backlog is running', 120 * SECOND_MS, 0],
    ['starts while a requested one of a later time is running', -60 * SECOND_MS, 1],
  ])('%s', async (_name, ageMs, started) => {
    const failingSince = new Date(Date.now() - 60 * SECOND_MS);
    const { tenantId, webhookId } = await addWebhookWithHealth({ failingSince });
    await addWaiting(db.pool, { webhookId });
    const scope = { tenantId, webhookId, until: null, includeDropped: false };
    const requested = { id: newId(), ...scope, since: new Date(Date.now() - 3600 * SECOND_MS) };
    await createRecovery(db.pool, requested, { actor: SYSTEM, snapshot: {} });
    await db.pool.query('UPDATE replay SET from_time = $2 WHERE recovery_id = $1', [
      requested.id,
      new Date(Date.now() - ageMs),
    ]);
    await recordHealth(db.pool, [{ webhookId, succeededAt: new Date(), failingSince: null }]);
    const replays = (await listRunningReplays(db.pool)).filter((replay) => replay.webhookId === webhookId);
    expect(replays.filter(({ isAutomatic }) => isAutomatic)).toHaveLength(started);
    expect(replays).toHaveLength(1 + started);
  });

  it('does not start while another one is running, and ends when the webhook fails again', async () => {
    const { webhookId, ids, replays } = await recoveriesAfter(60 * SECOND_MS, [{}, {}]);
    const running = async () =>
      (await listRunningReplays(db.pool)).filter((replay) => replay.webhookId === webhookId);
    const failsSince = (ms: number) =>
      recordHealth(db.pool, [{ webhookId, succeededAt: null, failingSince: new Date(Date.now() - ms) }]);
    /** A delivery of the recovery fails again. */
    const fails = async (deliveryId: string | undefined, ms: number) => {
      const failedAt = new Date(Date.now() - ms);
      await db.pool.query('UPDATE pending_delivery SET replay_id = $2 WHERE id = $1', [
        deliveryId,
        replays[0]?.id,
      ]);
      await db.pool.query(
        `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number)
         VALUES ($1, $2, $2, $3, $3, $4, 5, 3)`,
        [derivedId(newId(), failedAt.getTime()), deliveryId, webhookId, failedAt],
      );
    };
    await failsSince(0);
    expect(await running()).toMatchObject([{ isFailingAgain: false }]);
    await failsSince(20 * SECOND_MS);
    await fails(ids[0], 20 * SECOND_MS);
    // Only one has failed: the others wait for their turn, and none of them has been sent since.
    expect(await running()).toMatchObject([{ isFailingAgain: false }]);
    await fails(ids[1], 14 * SECOND_MS);
    expect(await running()).toMatchObject([{ isFailingAgain: true }]);
    await recordHealth(db.pool, [{ webhookId, succeededAt: new Date(), failingSince: null }]);
    expect(await running()).toMatchObject([{ isFailingAgain: false }]);
  });
});
