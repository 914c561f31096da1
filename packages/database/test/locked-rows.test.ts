import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { type DeliveryToHold, holdDeliveries } from '../src/deliveries/hold-deliveries.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { recordHealth } from '../src/health/record-health.js';
import { setSlow } from '../src/webhooks/set-slow.js';
import { addDelivery, addWebhook, attemptOf, readDelivery, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

// A transaction whose process froze may keep its locks for hours. It must not delay the other rows of a batch.

const db = useDatabase();

/** Runs `run` while another transaction has locked a row. */
async function whileLocked<T>(table: string, id: string, run: () => Promise<T>): Promise<T> {
  const blocker = await db.pool.connect();
  await blocker.query('BEGIN');
  await blocker.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
  try {
    return await run();
  } finally {
    await blocker.query('COMMIT');
    blocker.release();
  }
}

const twoDeliveries = async () => [(await addDelivery(db.pool)).id, (await addDelivery(db.pool)).id] as const;

const dueAtOf = async (id: string): Promise<Date | null> => (await readDelivery(db.pool, id)).next_attempt_at;

const failureOf = async (id: string) => attemptOf(id, { dueAt: await dueAtOf(id) });

async function isHeld(id: string): Promise<boolean | undefined> {
  const { rows } = await db.pool.query<{ held: boolean }>('SELECT held FROM pending_delivery WHERE id = $1', [
    id,
  ]);
  return rows[0]?.held;
}

const dropOf = (deliveryId: string) =>
  ({ deliveryId, epoch: 0, status: 'dropped', reason: 'suspended' }) as const;

describe('while another transaction has locked a row of the batch', () => {
  it.each([
    ['a success', async (id: string) => successOf(id), 'succeeded'],
    ['a failure', failureOf, 'pending'],
  ] as const)('the others are recorded: %s', async (_what, attemptFor, status) => {
    const [locked, free] = await twoDeliveries();
    const attempts = [await attemptFor(locked), await attemptFor(free), successOf(newId())];
    const recorded = await whileLocked('pending_delivery', locked, () => recordAttempts(db.pool, attempts));
    expect(recorded).toMatchObject(['locked', { status }, undefined]);
    expect(await readDelivery(db.pool, locked)).toMatchObject({ status: 'pending', attempt_count: 0 });
    expect(await recordAttempts(db.pool, attempts, { lockedRows: 'skip' })).toMatchObject([
      { status },
      { status },
      undefined,
    ]);
    expect(await readDelivery(db.pool, free)).toMatchObject({ status, attempt_count: 1 });
  });

  it('the others are recorded: a late success of a settled delivery', async () => {
    const [locked, free] = await twoDeliveries();
    await settleDeliveries(db.pool, [dropOf(locked)]);
    const attempts = [successOf(locked), successOf(free)];
    const recorded = await whileLocked('settled_delivery', locked, () => recordAttempts(db.pool, attempts));
    expect(recorded).toMatchObject(['locked', { status: 'succeeded' }]);
    expect(await recordAttempts(db.pool, attempts)).toMatchObject([
      { status: 'succeeded' },
      { status: 'succeeded' },
    ]);
  });

  it('two attempts of one delivery are both recorded later', async () => {
    const [locked] = await twoDeliveries();
    const attempts = [await failureOf(locked), await failureOf(locked)];
    const recorded = await whileLocked('pending_delivery', locked, () => recordAttempts(db.pool, attempts));
    expect(recorded).toEqual(['locked', 'locked']);
    await recordAttempts(db.pool, attempts);
    expect(await readDelivery(db.pool, locked)).toMatchObject({ attempt_count: 2 });
  });

  it('the others are held', async () => {
    const [locked, free] = await twoDeliveries();
    const { rows } = await db.pool.query<DeliveryToHold>(
      'SELECT id AS "deliveryId", epoch, next_attempt_at AS "dueAt" FROM pending_delivery WHERE id = ANY ($1)',
      [[locked, free]],
    );
    const hold = () => holdDeliveries(db.pool, rows);
    expect(await whileLocked('pending_delivery', locked, hold)).toEqual(
      new Map([
        [free, 'held'],
        [locked, 'locked'],
      ]),
    );
    expect([await isHeld(locked), await isHeld(free)]).toEqual([false, true]);
    expect((await hold()).get(locked)).toBe('held');
    expect(await isHeld(locked)).toBe(true);
  });

  it('the others are settled', async () => {
    const [locked, free] = await twoDeliveries();
    const settlements = [locked, free, newId()].map(dropOf);
    const settle = () => settleDeliveries(db.pool, settlements);
    expect(await whileLocked('pending_delivery', locked, settle)).toEqual(new Set([locked]));
    expect((await readDelivery(db.pool, locked)).status).toBe('pending');
    expect((await readDelivery(db.pool, free)).status).toBe('dropped');
    expect(await settle()).toEqual(new Set());
    expect((await readDelivery(db.pool, locked)).status).toBe('dropped');
  });

  it('the health of the others is recorded', async () => {
    const [locked, free] = [await addWebhook(db.pool), await addWebhook(db.pool)];
    const failingSince = new Date();
    const updates = [locked, free].map((webhookId) => ({ webhookId, succeededAt: null, failingSince }));
    await whileLocked('webhook', locked, () => recordHealth(db.pool, updates));
    const { rows } = await db.pool.query(
      'SELECT id FROM webhook WHERE id = ANY ($1) AND failing_since IS NOT NULL',
      [[locked, free]],
    );
    expect(rows).toEqual([{ id: free }]);
  });

  it('the others are moved to the slow lane', async () => {
    const [locked, free] = [await addWebhook(db.pool), await addWebhook(db.pool)];
    const move = () =>
      setSlow(
        db.pool,
        [locked, free].map((id) => ({ id, epoch: 0, slow: true })),
      );
    await whileLocked('webhook', locked, move);
    const slow = async () =>
      (
        await db.pool.query('SELECT id FROM webhook WHERE id = ANY ($1) AND slow_since IS NOT NULL', [
          [locked, free],
        ])
      ).rows;
    expect(await slow()).toEqual([{ id: free }]);
    await move();
    expect(await slow()).toHaveLength(2);
  });
});
