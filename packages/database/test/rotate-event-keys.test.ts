import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { acceptEvents } from '../src/events/accept-events.js';
import { findDuplicates } from '../src/events/find-duplicates.js';
import type { NewEvent } from '../src/events/new-event.js';
import { rotateEventKeys } from '../src/events/rotate-event-keys.js';
import { addTenant, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const KEY = 'k';

/** Sets the age of the current generation. The column rounds to milliseconds, perhaps into the future. */
const makeGenerationOld = (age: string) =>
  db.pool.query('UPDATE event_idempotency_generation SET started_at = now() - $1::interval', [age]);

/** Rotates when the current generation is a week old. Autovacuum may hold the lock for a moment. */
async function rotateAfterAWeek(): Promise<string> {
  await makeGenerationOld('7 days 1 minute');
  for (;;) {
    const result = await rotateEventKeys(db.pool, new Date());
    if (result !== 'locked') return result;
  }
}

async function newTenant() {
  const tenantId = await addTenant(db.pool);
  const publish = async (event: Partial<NewEvent> = {}): Promise<boolean> => {
    const published = newEvent({ tenantId, idempotencyKey: KEY, ...event });
    return (await acceptEvents(db.genericPlanPool, [published])).length === 1;
  };
  return { tenantId, publish };
}

async function keys(tenantId: string): Promise<number> {
  const { rowCount } = await db.pool.query('SELECT FROM event_idempotency WHERE tenant_id = $1', [tenantId]);
  return rowCount ?? 0;
}

/** Waits until a statement waits for a lock on a table. */
const lockWait = () =>
  eventually(async () => {
    const { rowCount } = await db.pool.query(
      'SELECT FROM pg_locks WHERE NOT granted AND relation IS NOT NULL',
    );
    expect(rowCount).toBeGreaterThan(0);
  });

describe('an idempotency key', () => {
  it('is kept for at least one full generation, and forgotten with the second rotation after it', async () => {
    const { tenantId, publish } = await newTenant();
    const first = newEvent({ tenantId, idempotencyKey: KEY });
    await acceptEvents(db.pool, [first]);
    expect(await rotateAfterAWeek()).toBe('rotated');
    const repeated = newEvent({ tenantId, idempotencyKey: KEY });
    expect(await acceptEvents(db.genericPlanPool, [repeated])).toEqual([]);
    expect(await findDuplicates(db.pool, [repeated])).toEqual([
      { eventId: first.id, deliveries: 0, isOtherEvent: false },
    ]);
    expect(await publish({ idempotencyKey: 'new' })).toBe(true);

    expect(await rotateAfterAWeek()).toBe('rotated');
    expect(await keys(tenantId)).toBe(1);
    expect(await publish()).toBe(true);
    expect(await publish({ idempotencyKey: 'new' })).toBe(false);
  });

  it('is not forgotten before its generation is a week old', async () => {
    const { publish } = await newTenant();
    expect(await rotateAfterAWeek()).toBe('rotated');
    expect(await publish()).toBe(true);
    for (const age of ['0', '6 days', '6 days 23 hours']) {
      await makeGenerationOld(age);
      expect(await rotateEventKeys(db.pool, new Date())).toBe('not_due');
    }
    expect(await publish()).toBe(false);
  });

  it('rotates once when two producers rotate at the same time', async () => {
    await makeGenerationOld('8 days');
    const results = await Promise.all([1, 2, 3].map(() => rotateEventKeys(db.pool, new Date())));
    expect(results.filter((result) => result === 'rotated')).toHaveLength(1);
  });
});

describe('a rotation in progress', () => {
  it('is waited for, and a repeat of a key finds it in the generation before', async () => {
    const { tenantId, publish } = await newTenant();
    expect(await publish()).toBe(true);
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(`SELECT posthorn_rotate_idempotency_keys(now())`);
    const repeated = publish();
    const other = publish({ idempotencyKey: 'other' });
    await lockWait();
    await client.query('COMMIT');
    client.release();
    expect(await Promise.all([repeated, other])).toEqual([false, true]);
    expect(await keys(tenantId)).toBe(2);
    const { rows } = await db.pool.query(
      `SELECT count(*)::int AS n FROM event_idempotency JOIN event_idempotency_generation ON number = generation
       WHERE tenant_id = $1`,
      [tenantId],
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('waits for the transactions that store keys', async () => {
    const { tenantId } = await newTenant();
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO event_idempotency (tenant_id, key, generation, event_id)
       SELECT $1, 'k', number, posthorn_uuidv7() FROM event_idempotency_generation`,
      [tenantId],
    );
    const rotation = rotateAfterAWeek();
    await lockWait();
    await client.query('COMMIT');
    client.release();
    expect(await rotation).toBe('rotated');
    expect(await keys(tenantId)).toBe(1);
  });
});
