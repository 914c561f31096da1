import { describe, expect, it } from '@jest/globals';
import { type DeliveryStatus, newId } from '@posthorn/core';
import type { AttemptRecord } from '../src/deliveries/attempt-input.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { addPending, addSettled } from './fixtures/delivery-rows.js';
import { hold, retry } from './fixtures/outcomes.js';
import {
  addDelivery,
  addWebhook,
  attemptOf,
  readDelivery,
  recordAll,
  recordNext,
  successOf,
} from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const drop = (deliveryId: string) =>
  settleDeliveries(db.pool, [{ deliveryId, epoch: 0, status: 'dropped', reason: 'suspended' }]);

async function numbersOf(deliveryId: string): Promise<number[]> {
  const { rows } = await db.pool.query<{ number: number }>(
    'SELECT number FROM attempt WHERE delivery_id = $1 ORDER BY id',
    [deliveryId],
  );
  return rows.map((row) => row.number);
}

describe('recordAttempts', () => {
  it('inserts the attempt and updates the delivery', async () => {
    const { id } = await addDelivery(db.pool);
    const before = Date.now();
    expect(await recordNext(db.pool, [attemptOf(id, { retryDelayMs: 90_000 })])).toEqual(['pending']);
    const pending = await readDelivery(db.pool, id);
    expect(pending).toMatchObject({ status: 'pending', attempt_count: 1, settled_at: null, parked: false });
    const delayMs = (pending.next_attempt_at?.getTime() ?? 0) - before;
    expect(Math.abs(delayMs - 90_000)).toBeLessThan(30_000);
    expect(await recordNext(db.pool, [successOf(id)])).toEqual(['succeeded']);
    expect(await readDelivery(db.pool, id)).toMatchObject({
      status: 'succeeded',
      attempt_count: 2,
      next_attempt_at: null,
      settled_at: expect.any(Date),
      reason: null,
    });
    expect(await numbersOf(id)).toEqual([1, 2]);
  });

  it('stores the response, or the error if there was none', async () => {
    const { id } = await addDelivery(db.pool);
    const startedAt = new Date('2026-02-01T00:00:00.123Z');
    const failed = { responseStatus: null, responseBody: null, errorCode: 'timeout', errorMessage: 'late' };
    await recordNext(db.pool, [attemptOf(id, { startedAt })]);
    await recordNext(db.pool, [attemptOf(id, failed)]);
    const { rows } = await db.pool.query('SELECT * FROM attempt WHERE delivery_id = $1 ORDER BY id', [id]);
    expect(rows).toMatchObject([
      { number: 1, started_at: startedAt, duration_ms: 12, response_status: 500, response_body: 'oops' },
      { number: 2, response_status: null, error_code: 'timeout', error_message: 'late' },
    ]);
  });

  it('stores what an attempt was made for, and the headers of a failure, once', async () => {
    const { id } = await addDelivery(db.pool);
    const setTrigger = (trigger: string) =>
      db.pool.query('UPDATE pending_delivery SET trigger = $2 WHERE id = $1', [id, trigger]);
    await recordNext(db.pool, [attemptOf(id, { responseHeaders: '{"x-a":"1"}' })]);
    await setTrigger('retry');
    // An attempt that the delivery does not wait for leaves the mark to the one that comes.
    await recordAll(db.pool, [attemptOf(id, { epoch: 7 })]);
    await recordNext(db.pool, [attemptOf(id)]);
    await recordNext(db.pool, [attemptOf(id)]);
    await setTrigger('replay');
    await recordNext(db.pool, [
      attemptOf(id, { status: 'failed', reason: 'exhausted', responseHeaders: '{"x-a":"5"}' }),
    ]);
    await recordAll(db.pool, [attemptOf(id, { responseHeaders: '{"x-a":"6"}' })]);
    const { rows } = await db.pool.query(
      'SELECT number, trigger, response_headers FROM attempt WHERE delivery_id = $1 ORDER BY id',
      [id],
    );
    expect(rows).toEqual([
      { number: 1, trigger: null, response_headers: '{"x-a":"1"}' },
      { number: 2, trigger: null, response_headers: null },
      { number: 3, trigger: 'retry', response_headers: null },
      { number: 4, trigger: null, response_headers: null },
      { number: 5, trigger: 'replay', response_headers: '{"x-a":"5"}' },
      { number: 6, trigger: null, response_headers: '{"x-a":"6"}' },
    ]);
  });

  it('adds no byte to the row of a first success for what only other attempts have', async () => {
    const { id } = await addDelivery(db.pool);
    await recordNext(db.pool, [successOf(id)]);
    const { rows } = await db.pool.query(
      `SELECT trigger, response_headers, pg_column_size(d) AS size, (
         SELECT pg_column_size(without) FROM (
           SELECT id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, replay_id, reason,
             attempt_id, started_at, duration_ms, response_status, response_body, error_code, error_message
           FROM settled_delivery WHERE id = d.id OFFSET 0
         ) AS without
       ) AS before FROM settled_delivery d WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([
      { trigger: null, response_headers: null, size: expect.any(Number), before: rows[0].size },
    ]);
  });

  it('marks the first success of a delivery that was dropped before its first attempt', async () => {
    const { id } = await addDelivery(db.pool);
    await db.pool.query(`UPDATE pending_delivery SET trigger = 'retry' WHERE id = $1`, [id]);
    await recordNext(db.pool, [successOf(id)]);
    const { rows } = await db.pool.query('SELECT trigger FROM attempt WHERE delivery_id = $1', [id]);
    expect(rows).toEqual([{ trigger: 'retry' }]);
  });

  it('fails a delivery with a reason', async () => {
    const { id } = await addDelivery(db.pool);
    const final = attemptOf(id, { status: 'failed', reason: 'exhausted', retryDelayMs: null });
    expect(await recordNext(db.pool, [final])).toEqual(['failed']);
    expect(await readDelivery(db.pool, id)).toMatchObject({
      reason: 'exhausted',
      next_attempt_at: null,
      settled_at: expect.any(Date),
    });
  });

  it('returns when the job of a pending delivery runs next, and null if it needs none', async () => {
    const [retried, parked, held, done] = await Promise.all(
      Array.from({ length: 4 }, async () => (await addDelivery(db.pool)).id),
    );
    await hold(db.pool, held ?? '');
    const recorded = await recordAll(db.pool, [
      { ...attemptOf(retried ?? ''), dueAt: await dueAtOf(retried ?? '') },
      { ...attemptOf(parked ?? '', { parked: true }), dueAt: await dueAtOf(parked ?? '') },
      attemptOf(held ?? '', { epoch: -1 }),
      successOf(done ?? ''),
    ]);
    // The column stores milliseconds.
    expect(Math.abs((recorded[0]?.dueInMs ?? 0) - 60_000)).toBeLessThanOrEqual(1);
    expect(recorded.slice(1)).toMatchObject([
      { status: 'pending', dueInMs: null, isSuperseded: false },
      { status: 'pending', dueInMs: null, isSuperseded: true },
      { status: 'succeeded', dueInMs: null },
    ]);
    expect(await readDelivery(db.pool, parked ?? '')).toMatchObject({ status: 'pending', parked: true });
  });

  it('applies one of the failures of concurrent runs, and numbers all of them', async () => {
    const { id } = await addDelivery(db.pool);
    const dueAt = await dueAtOf(id);
    const delays = [1, 2, 3, 4, 5].map((hours) => hours * 3_600_000);
    await Promise.all(
      delays.map((retryDelayMs) => recordAll(db.pool, [attemptOf(id, { dueAt, retryDelayMs })])),
    );
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'pending', attempt_count: 5 });
    expect((await numbersOf(id)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  it('does not deadlock with a batch of the same deliveries in another order', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await addDelivery(db.pool)).id));
    const batches = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? ids : ids.toReversed()));
    await Promise.all(
      batches.map((batch) =>
        recordAll(
          db.pool,
          batch.map((id) => attemptOf(id)),
        ),
      ),
    );
    expect(await readDelivery(db.pool, ids[0] ?? '')).toMatchObject({ attempt_count: 12 });
  });

  it('handles each attempt of a batch separately, in order', async () => {
    const [one, two, three] = await Promise.all([
      addDelivery(db.pool),
      addDelivery(db.pool),
      addDelivery(db.pool),
    ]);
    await recordNext(db.pool, [successOf(two.id)]);
    expect(
      await recordNext(db.pool, [
        successOf(three.id),
        successOf(two.id),
        attemptOf(newId()),
        attemptOf(one.id),
      ]),
    ).toEqual(['succeeded', 'succeeded', undefined, 'pending']);
  });

  it.each([
    ['a success', successOf],
    ['a failure', (id: string) => attemptOf(id)],
  ])('inserts %s once and changes nothing when the batch is sent again', async (_what, attemptFor) => {
    const { id } = await addDelivery(db.pool);
    const attempt = { ...attemptFor(id), dueAt: await dueAtOf(id) };
    const [first] = await recordAll(db.pool, [attempt]);
    const before = await readDelivery(db.pool, id);
    const [second] = await recordAll(db.pool, [attempt]);
    expect(second?.status).toBe(first?.status);
    expect(second?.dueInMs === null).toBe(first?.dueInMs === null);
    expect(await readDelivery(db.pool, id)).toEqual(before);
    expect(await numbersOf(id)).toEqual([1]);
  });
});

const dueAtOf = async (id: string): Promise<Date | null> => (await readDelivery(db.pool, id)).next_attempt_at;

type Outcome = 'success' | 'retry' | 'final failure';

const OUTCOMES: Record<Outcome, Partial<AttemptRecord>> = {
  success: { status: 'succeeded', responseStatus: 200, retryDelayMs: null },
  retry: { status: 'pending', retryDelayMs: 60_000 },
  'final failure': { status: 'failed', reason: 'exhausted', retryDelayMs: null },
};

const combinations = (['pending', 'succeeded', 'failed', 'dropped'] as const).flatMap((status) =>
  [true, false].flatMap((isSameEpoch) =>
    [true, false].flatMap((isSameDueTime) =>
      (['success', 'retry', 'final failure'] as const).map((outcome) => ({
        status,
        isSameEpoch,
        isSameDueTime,
        outcome,
      })),
    ),
  ),
);

/** Returns the status of a delivery after an attempt. */
function expectedStatus(combination: (typeof combinations)[number]): DeliveryStatus {
  const { status, isSameEpoch, isSameDueTime, outcome } = combination;
  if (outcome === 'success') return 'succeeded';
  const isAwaited = status === 'pending' && isSameEpoch && isSameDueTime;
  return isAwaited && outcome === 'final failure' ? 'failed' : status;
}

describe('an attempt whose delivery has changed since its request was sent', () => {
  it('is recorded, and decides only as a success or as the attempt that the delivery waits for', async () => {
    const dueAt = new Date('2026-02-01T00:00:00.123Z');
    const webhookId = await addWebhook(db.pool);
    for (const combination of combinations) {
      const { status, isSameEpoch, isSameDueTime, outcome } = combination;
      const row = { webhookId, epoch: 4, attemptCount: 3 };
      const id =
        status === 'pending'
          ? await addPending(db.pool, { ...row, dueAt, held: true })
          : await addSettled(db.pool, { ...row, status, settledAt: dueAt });
      const before = await readDelivery(db.pool, id);
      const [recorded] = await recordAll(db.pool, [
        attemptOf(id, {
          ...OUTCOMES[outcome],
          epoch: isSameEpoch ? 4 : 2,
          dueAt: isSameDueTime ? dueAt : new Date(dueAt.getTime() - 1),
        }),
      ]);
      const after = await readDelivery(db.pool, id);
      const expected = expectedStatus(combination);
      expect({
        combination,
        recorded: recorded?.status,
        status: after.status,
        count: after.attempt_count,
      }).toEqual({
        combination,
        recorded: expected,
        status: expected,
        count: 4,
      });
      expect(await numbersOf(id)).toEqual([1, 2, 3, 4]);
      const isRetried = status === 'pending' && isSameEpoch && isSameDueTime && outcome === 'retry';
      // A settled delivery has the result of its last attempt.
      const { response_status, error_code } = after;
      if (expected === status && !isRetried)
        expect(after).toEqual({ ...before, attempt_count: 4, response_status, error_code });
      else expect(after).toMatchObject({ held: false, reason: expected === 'failed' ? 'exhausted' : null });
    }
  });

  it('keeps a failed retry of a reactivated webhook due when the attempt before the suspend ends', async () => {
    const { id, webhookId } = await addDelivery(db.pool);
    const beforeSuspend = attemptOf(id, { dueAt: await dueAtOf(id) });
    await drop(id);
    const retriedAt = new Date('2026-02-01T00:00:00.123Z');
    await db.pool.query('UPDATE webhook SET epoch = 2 WHERE id = $1', [webhookId]);
    await retry(db.pool, id);
    await db.pool.query('UPDATE pending_delivery SET next_attempt_at = $2 WHERE id = $1', [id, retriedAt]);
    const [late] = await recordAll(db.pool, [beforeSuspend]);
    // The retry has another job.
    expect(late).toMatchObject({ status: 'pending', dueInMs: 0, isSuperseded: true });
    expect(await readDelivery(db.pool, id)).toMatchObject({ next_attempt_at: retriedAt, epoch: 2 });
    const [retried] = await recordAll(db.pool, [{ ...successOf(id), epoch: 2, dueAt: retriedAt }]);
    expect(retried).toMatchObject({ status: 'succeeded', dueInMs: null });
    expect(await numbersOf(id)).toEqual([1, 2]);
  });
});
