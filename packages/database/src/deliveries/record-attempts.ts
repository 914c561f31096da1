import type pg from 'pg';
import { type LockedRows, skippingLocked } from '../connection/locked-rows.js';
import type { AttemptRecord } from './attempt-input.js';
import { findExistingDeliveries } from './find-existing-deliveries.js';
import { type Histories, recordFirstSuccesses } from './record-first-successes.js';
import { recordLate } from './record-late-attempts.js';
import { recordPending } from './record-pending-attempts.js';
import type { RecordedDelivery, RecordStep } from './record-step.js';

/** A delivery can be settled, or made pending again, between two statements. */
const MAX_ROUNDS = 3;

interface RecordOptions {
  /** Default: `wait` waits for locked rows, for a moment, before it skips them. */
  lockedRows?: LockedRows;
  /** Default: all. With `installation`, the first success of a shorter history takes another statement. */
  histories?: Histories;
}

/**
 * Records attempts, each with the next number of its delivery, and settles or updates their deliveries. A success makes its
 * delivery succeeded, whatever happened since the request was sent. A failure changes the delivery only if no other attempt was
 * recorded and the delivery was neither settled nor made pending again since. Emits an operational event for each delivery
 * that ends without a success or starts to block others, if its tenant subscribes to them.
 * @returns the deliveries, in the order of `attempts`; `locked`, without an attempt, for one that another transaction has locked;
 * undefined for one that no longer exists
 */
export async function recordAttempts(
  pool: pg.Pool,
  attempts: readonly AttemptRecord[],
  { lockedRows = 'wait', histories = 'all' }: RecordOptions = {},
): Promise<(RecordedDelivery | 'locked' | undefined)[]> {
  const results = new Map<AttemptRecord, RecordedDelivery | 'locked'>();
  // In order of delivery ids, so that two batches wait for each other instead of deadlocking.
  let missing = attempts.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));

  async function run(record: RecordStep, batch: readonly AttemptRecord[]): Promise<void> {
    if (batch.length === 0) return;
    const byDelivery = new Map(batch.map((attempt) => [attempt.deliveryId, attempt]));
    for (const { id, ...delivery } of await record(pool, [...byDelivery.values()])) {
      const attempt = byDelivery.get(id);
      if (attempt) results.set(attempt, delivery);
    }
    missing = missing.filter((attempt) => !results.has(attempt));
  }

  async function recordAll(): Promise<void> {
    await run(
      recordFirstSuccesses[histories],
      missing.filter(({ status }) => status === 'succeeded'),
    );
    for (let round = 0; round < MAX_ROUNDS && missing.length > 0; round += 1) {
      await run(recordPending.wait, missing);
      await run(recordLate.wait, missing);
    }
  }

  async function recordUnlocked(): Promise<void> {
    await run(recordPending.skip, missing);
    await run(recordLate.skip, missing);
    const existing = await findExistingDeliveries(
      pool,
      missing.map(({ deliveryId }) => deliveryId),
    );
    for (const attempt of missing) if (existing.has(attempt.deliveryId)) results.set(attempt, 'locked');
  }

  if (lockedRows === 'skip') await recordUnlocked();
  else await skippingLocked((rows) => (rows === 'wait' ? recordAll() : recordUnlocked()));
  return attempts.map((attempt) => results.get(attempt));
}
