import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId, SYSTEM } from '@posthorn/core';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { countReplayPending } from '../src/replays/count-replay-pending.js';
import { createRecovery, measureRecovery, type RecoveryScope } from '../src/replays/create-recovery.js';
import { createReplay } from '../src/replays/create-replay.js';
import { dropCancelled, finishCancelled } from '../src/replays/drop-cancelled.js';
import { finishReplay } from '../src/replays/finish-replay.js';
import { listRunningReplays, type RunningReplay } from '../src/replays/list-running-replays.js';
import {
  cancelRecovery,
  findRecovery,
  listRecoveries,
  readRecoveryProgress,
} from '../src/replays/recoveries.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { addSettled, addWaiting, type PendingRow } from './fixtures/delivery-rows.js';
import { retry, settle } from './fixtures/outcomes.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

let webhookId: string;
beforeEach(async () => {
  await db.pool.query('TRUNCATE recovery, replay, event, pending_delivery, settled_delivery');
  webhookId = await addWebhook(db.pool);
});

const HOUR_MS = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);

const scope = (fields: Partial<RecoveryScope> = {}): RecoveryScope => ({
  tenantId: null,
  webhookId: null,
  since: ago(24 * HOUR_MS),
  until: null,
  includeDropped: false,
  ...fields,
});

async function create(fields: Partial<RecoveryScope> = {}) {
  const id = newId();
  const size = await createRecovery(db.pool, { ...scope(fields), id }, { actor: SYSTEM, snapshot: {} });
  return { id, ...size };
}

async function replayOf(recoveryId: string, ofWebhook = webhookId): Promise<RunningReplay> {
  const replay = (await listRunningReplays(db.pool)).find(
    (each) => each.recoveryId === recoveryId && each.webhookId === ofWebhook,
  );
  if (!replay) throw new Error('no running replay of the recovery');
  return replay;
}

/** Requeues the next chunk of a recovery, and returns its deliveries. */
const requeueNext = async (recoveryId: string, limit?: number) =>
  requeueNextOf((await replayOf(recoveryId)).id, limit);

async function requeueNextOf(replayId: string, limit = 100) {
  const replay = (await listRunningReplays(db.pool)).find(({ id }) => id === replayId);
  if (!replay) throw new Error('the replay is not running');
  const chunk = await selectReplayChunk(db.pool, replay, limit);
  return chunk.cursor === null ? null : requeueReplayChunk(db.pool, replay, chunk);
}

const settled = (fields: Partial<Parameters<typeof addSettled>[1]> = {}) =>
  addSettled(db.pool, { webhookId, ...fields });
const waiting = (fields: Partial<PendingRow> = {}) => addWaiting(db.pool, { webhookId, ...fields });

/** Columns round to milliseconds, perhaps into the future. */
async function pendingRow(id: string) {
  const { rows } = await db.pool.query<Record<string, unknown>>(
    `SELECT next_attempt_at <= now() + interval '1 ms' AS is_due, parked, attempt_count, unscheduled_attempts, replay_id, brought_forward, format_id, trigger
     FROM pending_delivery WHERE id = $1`,
    [id],
  );
  return rows[0];
}

const found = async (id: string) => {
  const recovery = await findRecovery(db.prisma, { id, tenantId: null });
  if (!recovery) throw new Error('recovery not found');
  return { ...recovery, progress: await readRecoveryProgress(db.prisma, recovery) };
};

describe('the size of a recovery', () => {
  it('counts failed deliveries and those that wait for a retry', async () => {
    await settled();
    await settled({ status: 'succeeded' });
    await settled({ status: 'dropped' });
    await settled({ at: ago(30 * HOUR_MS) });
    await waiting();
    await waiting({ dueInMs: -1000 });
    await waiting({ attemptCount: 0, dueInMs: -1000 });
    await waiting({ dueInMs: -1000, held: true });
    expect(await measureRecovery(db.pool, scope())).toEqual({ total: 2, webhooks: 1, inactiveWebhooks: 0 });
    expect(await measureRecovery(db.pool, scope({ includeDropped: true }))).toMatchObject({ total: 3 });
    expect(await measureRecovery(db.pool, scope({ since: ago(40 * HOUR_MS) }))).toMatchObject({ total: 3 });
    expect(
      await measureRecovery(db.pool, scope({ since: ago(40 * HOUR_MS), until: ago(24 * HOUR_MS) })),
    ).toMatchObject({
      total: 1,
    });
    expect((await db.pool.query('SELECT FROM recovery')).rowCount).toBe(0);
  });

  it('is that of a webhook, of a tenant, or of all', async () => {
    const tenantId = await addTenant(db.pool);
    const others = [await addWebhook(db.pool), await addWebhook(db.pool, { tenantId })];
    for (const id of [webhookId, ...others]) await addSettled(db.pool, { webhookId: id });
    expect(await measureRecovery(db.pool, scope())).toMatchObject({ total: 3, webhooks: 3 });
    expect(await measureRecovery(db.pool, scope({ tenantId }))).toMatchObject({ total: 1, webhooks: 1 });
    expect(await measureRecovery(db.pool, scope({ tenantId: DEFAULT_TENANT_ID, webhookId }))).toMatchObject({
      total: 1,
    });
    expect(await measureRecovery(db.pool, scope({ tenantId, webhookId }))).toMatchObject({
      total: 0,
      webhooks: 0,
    });
  });

  it('leaves out webhooks that are not active, and counts those with deliveries that did not succeed', async () => {
    for (const status of ['suspended', 'suspended', 'deleted'] as const)
      await addSettled(db.pool, { webhookId: await addWebhook(db.pool, { status }), status: 'dropped' });
    await addSettled(db.pool, {
      webhookId: await addWebhook(db.pool, { status: 'suspended' }),
      status: 'succeeded',
    });
    await settled();
    expect(await measureRecovery(db.pool, scope())).toEqual({ total: 1, webhooks: 1, inactiveWebhooks: 2 });
  });

  it('does not count deliveries whose event has expired', async () => {
    await settled({ eventExpired: true, at: ago(2 * HOUR_MS) });
    await settled({ at: ago(HOUR_MS) });
    expect(await measureRecovery(db.pool, scope())).toMatchObject({ total: 1 });
  });
});

describe('a recovery', () => {
  it('requeues failed deliveries and brings forward those that wait, in order of publication', async () => {
    const ids = [
      await settled({ at: ago(6000), attemptCount: 8 }),
      await waiting({ at: ago(5000) }),
      await settled({ at: ago(4000) }),
      await waiting({ at: ago(3000), parked: false, dueInMs: 60_000 }),
      await waiting({ at: ago(2000), unscheduledAttempts: 1 }),
    ];
    const skipped = [
      await settled({ at: ago(4500), status: 'succeeded' }),
      await settled({ at: ago(4500), status: 'dropped' }),
      await waiting({ at: ago(2500), dueInMs: -500 }),
    ];
    await db.pool.query('UPDATE pending_delivery SET format_id = id');
    const { id, total } = await create();
    expect(total).toBe(5);
    expect(await requeueNext(id, 3)).toEqual(ids.slice(0, 3));
    expect(await requeueNext(id, 3)).toEqual(ids.slice(3));
    const { id: replayId } = await replayOf(id);
    const due = { is_due: true, parked: false, replay_id: replayId, format_id: null, trigger: 'recovery' };
    expect(await pendingRow(ids[0] ?? '')).toEqual({
      ...due,
      attempt_count: 8,
      unscheduled_attempts: 1,
      brought_forward: false,
    });
    expect(await pendingRow(ids[1] ?? '')).toEqual({
      ...due,
      attempt_count: 2,
      unscheduled_attempts: 1,
      brought_forward: true,
    });
    expect(await pendingRow(ids[4] ?? '')).toMatchObject({ ...due, unscheduled_attempts: 2 });
    expect(await pendingRow(skipped[2] ?? '')).toMatchObject({ replay_id: null, unscheduled_attempts: 0 });
    expect(await requeueNext(id)).toBeNull();
    expect(await countReplayPending(db.pool, replayId)).toMatchObject({
      isPending: true,
      due: 5,
      dueOfTarget: 5,
    });
    expect(await found(id)).toMatchObject({
      status: 'running',
      total: 5,
      queued: 5,
      failed: null,
      progress: { pending: 5, retrying: 0 },
    });
  });

  it('includes dropped deliveries on request, whose first attempt is part of the schedule', async () => {
    const dropped = await settled({ status: 'dropped', attemptCount: 0 });
    const { id } = await create({ includeDropped: true });
    expect(await requeueNext(id)).toEqual([dropped]);
    expect(await pendingRow(dropped)).toMatchObject({ attempt_count: 0, unscheduled_attempts: 0 });
  });

  it('does not requeue what settles or becomes pending after its creation', async () => {
    const [failing, retried] = [await waiting({ at: ago(3000) }), await settled({ at: ago(2000) })];
    const { id } = await create();
    await settleDeliveries(db.pool, [{ deliveryId: failing, epoch: 0, status: 'failed', reason: 'crashed' }]);
    await retry(db.pool, retried);
    expect(await requeueNext(id)).toEqual([]);
  });

  it('includes deliveries whose ids are of a time in the future, if they were created before it', async () => {
    const ids = [
      await settled({ at: ago(-20 * HOUR_MS), settledAt: ago(1) }),
      await waiting({ at: ago(-21 * HOUR_MS) }),
    ];
    const { id, total } = await create();
    expect(total).toBe(2);
    expect(await create({ until: ago(-HOUR_MS) })).toMatchObject({ total: 2 });
    expect(await create({ until: ago(HOUR_MS) })).toMatchObject({ total: 0 });
    const later = await waiting({ at: ago(-22 * HOUR_MS) });
    await db.pool.query(
      `UPDATE event SET published_at = $2 WHERE id = (SELECT event_id FROM pending_delivery WHERE id = $1)`,
      [later, new Date((await replayOf(id)).createdAt.getTime() + 1)],
    );
    expect(await requeueNext(id)).toEqual(ids);
    await settleDeliveries(
      db.pool,
      ids.map((deliveryId) => ({ deliveryId, epoch: 0, status: 'failed', reason: 'crashed' })),
    );
    expect((await found(id)).progress).toMatchObject({ pending: 0, failed: 2 });
  });

  it('ends when all have been scanned, even if there are new ones', async () => {
    const before = await waiting();
    const { id } = await create();
    expect(await requeueNext(id)).toEqual([before]);
    await waiting({ at: ago(-HOUR_MS) });
    expect(await requeueNext(id)).toBeNull();
  });

  it('sends each delivery once when two of the same webhook run at once', async () => {
    for (let n = 0; n < 40; n += 1) await (n % 2 ? settled : waiting)({ at: ago(10_000 - n) });
    const recoveries = [await create(), await create()];
    const requeued: string[] = [];
    await Promise.all(
      recoveries.map(async ({ id }) => {
        for (let chunk = await requeueNext(id, 5); chunk; chunk = await requeueNext(id, 5))
          requeued.push(...chunk);
      }),
    );
    expect(requeued).toHaveLength(40);
    expect(new Set(requeued).size).toBe(40);
    const { rows } = await db.pool.query('SELECT DISTINCT unscheduled_attempts AS n FROM pending_delivery');
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('does not bring forward deliveries of an earlier epoch', async () => {
    const before = await waiting();
    const { id } = await create();
    await db.pool.query('UPDATE webhook SET epoch = 2 WHERE id = $1', [webhookId]);
    expect(await requeueNext(id)).toEqual([]);
    expect(await pendingRow(before)).toMatchObject({ is_due: false });
  });

  it('finds deliveries behind many that it skips', async () => {
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
       SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(now() - interval '2 h')::text, 14) || '7' FROM 1)::uuid,
         gen_random_uuid(), $1, $1, now(), 0
       FROM generate_series(1, 4500)`,
      [webhookId],
    );
    const [last, failed] = [await waiting({ at: ago(HOUR_MS) }), await settled({ at: ago(HOUR_MS / 2) })];
    const { id } = await create();
    const chunks: string[][] = [];
    for (let chunk = await requeueNext(id); chunk; chunk = await requeueNext(id)) chunks.push(chunk);
    expect(chunks).toEqual([[], [], [last, failed]]);
  });

  it('without deliveries is completed immediately', async () => {
    const { id } = await create();
    expect(await found(id)).toMatchObject({
      status: 'completed',
      total: 0,
      webhooks: 0,
      failed: 0,
      finishedAt: expect.any(Date),
      progress: { pending: 0, retrying: 0, succeeded: 0, failed: 0, dropped: 0 },
    });
  });

  it('is completed with its last replay, and counts what has failed again', async () => {
    const other = await addWebhook(db.pool);
    await addSettled(db.pool, { webhookId: other });
    const [again, succeeded, retrying] = [await settled(), await settled(), await waiting()];
    const { id, webhooks } = await create();
    expect(webhooks).toBe(2);
    await requeueNext(id);
    await settleDeliveries(db.pool, [{ deliveryId: again, epoch: 0, status: 'failed', reason: 'crashed' }]);
    await settle(db.pool, [succeeded], 'succeeded');
    await db.pool.query(
      `UPDATE pending_delivery SET next_attempt_at = now() + interval '1 h' WHERE id = $1`,
      [retrying],
    );
    expect(await finishReplay(db.pool, await replayOf(id), 'completed')).toBe(3);
    expect(await found(id)).toMatchObject({ status: 'running', failed: null, finishedAt: null });
    await finishReplay(db.pool, await replayOf(id, other), 'completed');
    expect(await found(id)).toMatchObject({
      status: 'completed',
      total: 4,
      failed: 2,
      finishedAt: expect.any(Date),
      progress: { pending: 1, retrying: 1, succeeded: 1, failed: 1, dropped: 0 },
    });
  });

  it('is listed by tenant, webhook and status', async () => {
    await settled();
    const tenantId = await addTenant(db.pool);
    const [all, ofTenant] = [await create(), await create({ tenantId })];
    const list = async (filter: Partial<Parameters<typeof listRecoveries>[1]>) =>
      (await listRecoveries(db.prisma, { tenantId: null, ...filter }, { limit: 10 })).items.map(
        ({ id }) => id,
      );
    expect(await list({})).toEqual([ofTenant.id, all.id]);
    expect(await list({ tenantId })).toEqual([ofTenant.id]);
    expect(await list({ webhookId })).toEqual([all.id]);
    expect(await list({ status: 'running' })).toEqual([all.id]);
    expect(await list({ status: 'completed' })).toEqual([ofTenant.id]);
    const page = await listRecoveries(db.prisma, { tenantId: null }, { limit: 1 });
    expect(
      (await listRecoveries(db.prisma, { tenantId: null }, { limit: 1, cursor: page.next ?? '' })).items,
    ).toMatchObject([{ id: all.id }]);
  });
});

const cancel = (id: string) => cancelRecovery(db.prisma, { id, tenantId: null }, SYSTEM);

const finishAll = async () =>
  expect(await finishCancelled(db.pool, { tenantId: null, webhookId: null, maxMs: Infinity })).toBe(true);

const progressOf = async (id: string) => (await found(id)).progress;

/** Returns whether a worker that loads deliveries drops them because their recovery is cancelled. */
const areCancelled = async (...ids: string[]) =>
  (await loadDeliveries(db.pool, ids)).map((read) =>
    read === undefined || read === 'deferred' ? read : read.delivery.isCancelled,
  );

describe('the cancellation of a recovery', () => {
  it('waits for none of its deliveries and replays, and no worker sends them from then on', async () => {
    const [failed, retrying, pending, ofOther, ofReplay] = [
      await settled({ at: ago(5000) }),
      await settled({ at: ago(4000) }),
      await waiting({ at: ago(3000) }),
      await settled({ at: ago(2000) }),
      await settled({ at: ago(1000) }),
    ];
    const { id } = await create({ until: ago(2500) });
    await requeueNext(id);
    await db.pool.query('UPDATE pending_delivery SET trigger = NULL WHERE id = $1', [retrying]);
    const other = await create({ since: ago(2500), until: ago(1500) });
    await requeueNext(other.id);
    const replayId = newId();
    const target = {
      webhookId,
      eventId: null,
      from: ago(HOUR_MS),
      to: new Date(),
      statuses: [],
      eventTypes: [],
    };
    const replay = { id: replayId, tenantId: DEFAULT_TENANT_ID, ...target };
    await createReplay(db.pool, replay, { actor: SYSTEM, snapshot: {} });
    await requeueNextOf(replayId);
    expect(await areCancelled(failed, retrying, pending, ofOther, ofReplay)).toEqual(Array(5).fill(false));

    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM replay FOR UPDATE');
      await client.query('SELECT FROM pending_delivery FOR UPDATE');
      expect(await cancel(id)).toBe(true);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    const others = [retrying, pending, ofOther, ofReplay];
    expect(await areCancelled(failed)).toEqual([true]);
    expect(await areCancelled(...others)).toEqual(others.map(() => false));
    await finishAll();
    expect(await areCancelled(failed)).toEqual([undefined]);
    expect(await areCancelled(...others)).toEqual(others.map(() => false));
    expect((await listRunningReplays(db.pool)).map((each) => each.recoveryId ?? each.id)).toEqual([
      other.id,
      replayId,
    ]);
  });

  it('ends the requeues', async () => {
    const id = await settled();
    const recovery = await create();
    const replay = await replayOf(recovery.id);
    const chunk = await selectReplayChunk(db.pool, replay, 1);
    await cancel(recovery.id);
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toBeNull();
    expect(await pendingRow(id)).toBeUndefined();
  });

  it('drops many deliveries in portions, without those that are locked', async () => {
    const deliveryId = await settled();
    const { id } = await create();
    await requeueNext(id);
    const { id: replayId } = await replayOf(id);
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, epoch, replay_id, next_attempt_at, attempt_count, trigger, sequence, ordering_key, chain)
       SELECT posthorn_uuidv7(), posthorn_uuidv7(), $1, $2, 0, $3, now(), 1, 'recovery', n, 'k', $3 FROM generate_series(1, 6000) AS n`,
      [webhookId, DEFAULT_TENANT_ID, replayId],
    );
    await cancel(id);
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM pending_delivery WHERE id = $1 FOR UPDATE', [deliveryId]);
      expect(await dropCancelled(db.pool, replayId)).toBe('some');
      expect(await progressOf(id)).toMatchObject({ pending: 1001, dropped: 5000 });
      expect(await dropCancelled(db.pool, replayId)).toBe('locked');
      expect(await progressOf(id)).toMatchObject({ pending: 1, dropped: 6000 });
      expect(await finishCancelled(db.pool, { tenantId: null, webhookId, maxMs: 0 })).toBe(false);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    await finishAll();
    expect(await progressOf(id)).toMatchObject({ pending: 0, dropped: 6001 });
    expect(await found(id)).toMatchObject({ status: 'cancelled', failed: 0, finishedAt: expect.any(Date) });
  });

  it('drops what had failed and is due again, and keeps what was pending', async () => {
    const [failed, retrying, pending, untouched] = [
      await settled({ at: ago(4000) }),
      await settled({ at: ago(3000) }),
      await waiting({ at: ago(2000) }),
      await settled({ at: ago(1000) }),
    ];
    const { id } = await create();
    await requeueNext(id, 3);
    await db.pool.query(
      `UPDATE pending_delivery SET next_attempt_at = now() + interval '1 h', trigger = NULL WHERE id = $1`,
      [retrying],
    );
    expect(await cancel(id)).toBe(true);
    expect(await cancel(id)).toBe(false);
    expect(await found(id)).toMatchObject({ status: 'cancelled', failed: null });
    await finishAll();
    expect(await pendingRow(failed)).toBeUndefined();
    expect(await pendingRow(retrying)).toMatchObject({ is_due: false });
    expect(await pendingRow(pending)).toMatchObject({ is_due: true });
    const { rows } = await db.pool.query(
      'SELECT status, reason FROM delivery WHERE id = ANY ($1) ORDER BY id',
      [[failed, untouched]],
    );
    expect(rows).toEqual([
      { status: 'dropped', reason: 'replay_cancelled' },
      { status: 'failed', reason: 'exhausted' },
    ]);
    expect(await found(id)).toMatchObject({
      status: 'cancelled',
      queued: 3,
      failed: 1,
      finishedAt: expect.any(Date),
    });
  });

  it('cancels the replays of any number of webhooks, with one audit entry', async () => {
    const webhookIds: string[] = [];
    for (let n = 0; n < 120; n += 1) webhookIds.push(await addWebhook(db.pool));
    for (const each of webhookIds) await addSettled(db.pool, { webhookId: each });
    const { id } = await create();
    await finishReplay(db.pool, await replayOf(id, webhookIds[0]), 'completed');
    expect(await cancel(id)).toBe(true);
    await finishAll();
    expect(await listRunningReplays(db.pool)).toEqual([]);
    expect(await found(id)).toMatchObject({ status: 'cancelled', webhooks: 120 });
    const { rowCount } = await db.pool.query(
      `SELECT FROM audit_entry WHERE action = 'recovery.cancelled' AND target = $1`,
      [id],
    );
    expect(rowCount).toBe(1);
  });
});
