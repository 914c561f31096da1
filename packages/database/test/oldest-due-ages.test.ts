import { describe, expect, it } from '@jest/globals';
import { readHeldBacklog } from '../src/deliveries/read-held-backlog.js';
import { readOldestDueAges } from '../src/deliveries/read-oldest-due-ages.js';
import { countUnhealthyWebhooks } from '../src/health/count-unhealthy-webhooks.js';
import { addPending, addPendingRows } from './fixtures/delivery-rows.js';
import { hold, recordAttempt } from './fixtures/outcomes.js';
import { setDue } from './fixtures/past.js';
import { addDelivery } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const setDueAge = (id: string, ms: number) => setDue(db.pool, [id], -ms);

/** Expects an age that was set a moment ago. The column rounds to milliseconds, perhaps into the future. */
function expectAge(actualMs: number, ageMs: number): void {
  expect(actualMs).toBeGreaterThanOrEqual(ageMs - 1);
  expect(actualMs).toBeLessThan(ageMs + 30_000);
}

describe('readOldestDueAges', () => {
  it('returns the age for each lane, 0 for an empty lane', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const [fast, younger, slow, retry, later] = await Promise.all(
      Array.from({ length: 5 }, () => addDelivery(db.pool)),
    );
    await recordAttempt(db.pool, [retry?.id ?? '']);
    await setDueAge(fast?.id ?? '', 3000);
    await setDueAge(younger?.id ?? '', 2000);
    await setDueAge(slow?.id ?? '', 9000);
    await setDueAge(retry?.id ?? '', 500);
    await setDueAge(later?.id ?? '', -60_000);
    await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [slow?.webhookId]);
    const { fast: fastMs, slow: slowMs, retry: retryMs, replay: replayMs } = await readOldestDueAges(db.pool);
    expectAge(fastMs, 3000);
    expectAge(slowMs, 9000);
    expectAge(retryMs, 500);
    expect(replayMs).toBe(0);
    expect((await countUnhealthyWebhooks(db.pool)).slow).toBe(1);
  });

  it('ignores held deliveries, which readHeldBacklog counts', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const held = await addDelivery(db.pool);
    await setDueAge(held.id, 4000);
    await hold(db.pool, held.id);
    expect(await readOldestDueAges(db.pool)).toMatchObject({ fast: 0 });
    const { count, oldestMs } = await readHeldBacklog(db.pool, [held.webhookId]);
    expect(count).toBe(1);
    expectAge(oldestMs, 4000);
    expect(await readHeldBacklog(db.pool, [])).toEqual({ count: 0, oldestMs: 0 });
  });

  it('ignores released deliveries of a webhook that holds others: they have waited for its receiver', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const [released, other] = [await addDelivery(db.pool), await addDelivery(db.pool)];
    await setDueAge(released.id, 1_000_000);
    await setDueAge(other.id, 10_000);
    await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = ANY ($1)', [
      [released.webhookId, other.webhookId],
    ]);
    await addPending(db.pool, { webhookId: released.webhookId, held: true });
    expectAge((await readOldestDueAges(db.pool)).slow, 10_000);
    await db.pool.query('DELETE FROM pending_delivery WHERE held');
    expectAge((await readOldestDueAges(db.pool)).slow, 1_000_000);
  });

  it('returns an upper bound for lanes beyond the 10,000 oldest', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const { webhookId } = await addDelivery(db.pool);
    await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [webhookId]);
    await addPendingRows(
      db.pool,
      Array.from({ length: 10_100 }, (_, index) => ({
        webhookId,
        at: new Date(Date.now() - 1000 * (index + 1)),
        dueInMs: -1000 * (index + 1),
      })),
    );
    const ages = await readOldestDueAges(db.pool);
    expectAge(ages.slow, 10_100_000);
    // The newest 100 are not read.
    expectAge(ages.fast, 101_000);
  });
});
