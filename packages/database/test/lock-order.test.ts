import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, derivedId, newApiKey, newId, SYSTEM } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { createApiKey } from '../src/access/api-keys.js';
import { rotateApiKey } from '../src/access/rotate-api-key.js';
import { dropPendingDeliveries } from '../src/deliveries/drop-pending-deliveries.js';
import { holdDeliveries } from '../src/deliveries/hold-deliveries.js';
import { promoteParked } from '../src/deliveries/promote-parked.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { releaseHeld } from '../src/deliveries/release-held.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { cancelReplay } from '../src/replays/replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { applyChange, lockWebhook } from '../src/webhooks/change-webhook.js';
import { setSlow } from '../src/webhooks/set-slow.js';
import { addPending, addSettled, type PendingRow } from './fixtures/delivery-rows.js';
import { addTenant, addWebhook, attemptOf, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

// Two statements that change the same rows deadlock if each locks first what the other locks last. So every statement locks
// rows by id, or skips those that are locked.

const db = useDatabase();

/** Ids in ascending order. */
function twoIds(): [low: string, high: string] {
  const now = Date.now();
  return [derivedId(newId(), now - 2), derivedId(newId(), now - 1)];
}

/**
 * Runs a statement that changes two rows while the row with the lower id is locked. Returns whether it leaves the other row
 * unlocked while it waits, or does not wait at all.
 */
async function locksInOrder(
  table: 'pending_delivery' | 'settled_delivery' | 'webhook',
  [low, high]: [string, string],
  run: () => Promise<unknown>,
): Promise<boolean> {
  const blocker = await db.pool.connect();
  const other = await db.pool.connect();
  await blocker.query('BEGIN');
  await blocker.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [low]);
  let ended = false;
  const running = run().finally(() => (ended = true));
  await lockWait(() => ended);
  const inOrder =
    ended ||
    (await other.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE NOWAIT`, [high]).then(
      () => true,
      () => false,
    ));
  await blocker.query('COMMIT');
  blocker.release();
  other.release();
  await running;
  return inOrder;
}

/** Waits until a statement waits for a lock, or has ended. */
const lockWait = (hasEnded = () => false) =>
  eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(hasEnded() || rowCount === 1).toBe(true);
  });

interface Rows {
  ids: [low: string, high: string];
  webhookId: string;
  replayId: string;
}

/** The pending deliveries, or that they are settled. */
type State = Partial<PendingRow> | 'settled' | 'replayed';

/** Inserts two deliveries, the one with the higher id first. */
async function addDeliveries(state: State): Promise<Rows> {
  const webhookId = await addWebhook(db.pool);
  const ids = twoIds();
  const replayId = newId();
  await db.pool.query(
    `INSERT INTO replay (id, tenant_id, webhook_id, total, created_at) VALUES ($1, $2, $3, 2, now() + interval '1 h')`,
    [replayId, DEFAULT_TENANT_ID, webhookId],
  );
  for (const id of ids.toReversed()) {
    const row = { id, eventId: id, webhookId };
    if (state === 'settled') await addSettled(db.pool, { ...row, settledAt: new Date() });
    else await addPending(db.pool, { ...row, ...(state === 'replayed' ? { replayId } : state) });
  }
  return { ids, webhookId, replayId };
}

describe('deliveries are locked in order by', () => {
  it.each<[string, State, (rows: Rows) => Promise<unknown>]>([
    [
      'recordAttempts',
      {},
      ({ ids }) => recordAttempts(db.pool, ids.toReversed().map((id) => attemptOf(id))), // prettier-ignore
    ],
    [
      'holdDeliveries',
      {},
      ({ ids }) =>
        holdDeliveries(
          db.pool,
          ids.toReversed().map((deliveryId) => ({ deliveryId, epoch: 0, dueAt: new Date() })),
        ),
    ],
    [
      'settleDeliveries',
      {},
      ({ ids }) =>
        settleDeliveries(
          db.pool,
          ids
            .toReversed()
            .map((deliveryId) => ({ deliveryId, epoch: 0, status: 'dropped', reason: 'suspended' }) as const),
        ),
    ],
    [
      'dropPendingDeliveries',
      {},
      ({ webhookId }) => dropPendingDeliveries(db.pool, { webhookId, epoch: 1, maxMs: 0 }),
    ],
    ['releaseHeld', { held: true }, ({ webhookId }) => releaseHeld(db.pool, [{ webhookId, count: 2 }])],
    ['promoteParked', { parked: true }, () => promoteParked(db.pool, { dueWithinMs: 0, limit: 10 })],
    [
      'requeueReplayChunk',
      'settled',
      async ({ ids, webhookId, replayId }) => {
        const chunk = { deliveryIds: ids.toReversed(), webhookIds: [webhookId], cursor: ids[1] };
        expect(await requeueReplayChunk(db.pool, { id: replayId, cursor: null }, chunk)).toEqual(ids);
      },
    ],
    [
      'requeueReplayChunk, of deliveries that wait for a retry',
      { attemptCount: 1, dueInMs: 3_600_000 },
      async ({ ids, webhookId, replayId }) => {
        await db.pool.query(`UPDATE replay SET statuses = '{pending}' WHERE id = $1`, [replayId]);
        const chunk = { deliveryIds: ids.toReversed(), webhookIds: [webhookId], cursor: ids[1] };
        expect(await requeueReplayChunk(db.pool, { id: replayId, cursor: null }, chunk)).toHaveLength(2);
      },
    ],
    [
      'cancelReplay',
      'replayed',
      ({ replayId }) => cancelReplay(db, { id: replayId, tenantId: DEFAULT_TENANT_ID }, SYSTEM),
    ],
  ])('%s', async (_name, state, run) => {
    const rows = await addDeliveries(state);
    const table = state === 'settled' ? 'settled_delivery' : 'pending_delivery';
    expect(await locksInOrder(table, rows.ids, () => run(rows))).toBe(true);
  });
});

it('webhooks are locked in order by setSlow', async () => {
  const ids = [await addWebhook(db.pool), await addWebhook(db.pool)].toSorted() as [string, string];
  const changes = ids.toReversed().map((id) => ({ id, epoch: 0, slow: true }));
  expect(await locksInOrder('webhook', ids, () => setSlow(db.pool, changes))).toBe(true);
});

it('a tenant is locked before its key by rotateApiKey, as by a portal link that the key creates', async () => {
  const tenantId = await addTenant(db.pool);
  const id = newId();
  const base = { name: '', scopes: [], expiresAt: null, tenantId, defaultQuota: 10 };
  await createApiKey(db.prisma, { ...base, id, key: newApiKey() }, SYSTEM);
  const creator = await db.pool.connect();
  await creator.query('BEGIN');
  await creator.query('SELECT FROM tenant WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
  const replacement = { key: newApiKey(), overlapMs: 0, expiresAt: null, latestExpiresAt: null };
  const rotating = rotateApiKey(
    db.prisma,
    { id, tenantId, onlyFeedKeys: false },
    { ...replacement, defaultQuota: 10 },
    SYSTEM,
  );
  await lockWait();
  // The foreign key of a portal link.
  await creator.query('SELECT FROM api_key WHERE id = $1 FOR KEY SHARE NOWAIT', [id]);
  await creator.query('COMMIT');
  creator.release();
  expect(await rotating).toMatchObject({ kind: 'rotated' });
});

const insertEvent = (id: string) =>
  `INSERT INTO event (id, tenant_id, published_at, type, body) VALUES ('${id}', '${DEFAULT_TENANT_ID}', now(), 'a', '{}')`;

it('events are inserted in order by acceptEvents', async () => {
  const [low, high] = twoIds().map((id) => newEvent({ id, pushed: true }));
  if (!low || !high) throw new Error('two events expected');
  const first = await db.pool.connect();
  await first.query(`BEGIN; ${insertEvent(low.id)}`);
  const accepting = acceptEvents(db.pool, [high, low]);
  await lockWait();
  await db.pool.query(`SET LOCAL lock_timeout = '1s'; ${insertEvent(high.id)}`);
  await first.query('COMMIT');
  first.release();
  expect(await accepting).toEqual([]);
});

it('a change of a filter and an event for the feed of its webhook both end', async () => {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, delivery: 'pull' });
  let accepting: Promise<unknown> = Promise.resolve();
  const filter = { type: 'object' };
  const changing = db.prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, { id: webhookId, tenantId });
    if (!locked) throw new Error('not found');
    // Has locked its tenant, and waits for the webhook.
    accepting = acceptEvents(db.pool, [newEvent({ tenantId })], {
      eventIds: [],
      webhookIds: [],
      revisions: [],
      hasSequences: true,
    });
    await lockWait();
    const settings = { filter, filterCost: 1, filterSetAt: new Date() };
    return applyChange(transaction, locked.webhook, { settings });
  });
  expect(await changing).toMatchObject({ filter });
  expect(await accepting).toHaveLength(1);
});
