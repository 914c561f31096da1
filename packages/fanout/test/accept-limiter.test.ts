import { beforeAll, describe, expect, it } from '@jest/globals';
import { type AcceptLimits, createAcceptor, type IncomingEvent } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
let tenants: { a: string; b: string };

beforeAll(async () => {
  tenants = { a: await database.addTenant(), b: await database.addTenant() };
});

const HIGH_LIMIT = { items: 10_000, chars: 1e9 };

function startAcceptor(limits: Partial<AcceptLimits>) {
  return createAcceptor({
    pool: database.pool,
    deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: { timeoutMs: 10_000, total: HIGH_LIMIT, perTenant: HIGH_LIMIT, ...limits },
  });
}

const eventOf = (tenantId: string, type = 'a', data: Record<string, unknown> = {}): IncomingEvent => ({
  tenantId,
  type,
  data,
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
});

const eventsOf = (tenantId: string, count: number, type?: string) =>
  Array.from({ length: count }, () => eventOf(tenantId, type));

/** Locks the event table, so that no event can be stored until it is released. */
async function lockEvents(): Promise<{ release: () => Promise<void> }> {
  const client = await database.pool.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE event IN ACCESS EXCLUSIVE MODE');
  return {
    async release() {
      await client.query('COMMIT');
      client.release();
    },
  };
}

async function storedCount(type: string): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM event WHERE type = $1',
    [type],
  );
  return rows[0]?.count ?? 0;
}

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => error,
  );
const unavailable = (detail: RegExp) => ({ code: 'unavailable', detail: expect.stringMatching(detail) });

describe('while PostgreSQL cannot store events', () => {
  it('rejects them after the timeout, and never stores an event that was still queued', async () => {
    const { accept } = startAcceptor({ timeoutMs: 150 });
    const lock = await lockEvents();
    const startedAtMs = performance.now();
    const inFlight = outcomeOf(accept(eventOf(tenants.a, 'in-flight')));
    await new Promise((resolve) => setImmediate(resolve));
    const queued = outcomeOf(accept(eventOf(tenants.a, 'queued')));
    for (const outcome of [await inFlight, await queued]) {
      expect(outcome).toMatchObject(unavailable(/same idempotency key/));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    await lock.release();
    expect(await accept(eventOf(tenants.a, 'later'))).toMatchObject({ status: 'accepted' });
    expect([await storedCount('in-flight'), await storedCount('queued')]).toEqual([1, 0]);
  });

  it('admits a call as a whole or not at all, and within the limits', async () => {
    const { acceptAll } = startAcceptor({
      perTenant: { items: 10, chars: 1e9 },
      total: { items: 20, chars: 1e9 },
    });
    const lock = await lockEvents();
    const first = acceptAll(eventsOf(tenants.a, 9));
    const largest = acceptAll(eventsOf(tenants.a, 8));
    const rejected = acceptAll([
      ...eventsOf(tenants.b, 1, 'rejected'),
      ...eventsOf(tenants.a, 1, 'rejected'),
    ]);
    expect(await outcomeOf(rejected)).toMatchObject(unavailable(/this tenant/));
    const other = acceptAll(eventsOf(tenants.b, 3));
    expect(await outcomeOf(acceptAll(eventsOf(tenants.b, 1, 'rejected')))).toMatchObject(
      unavailable(/Too many/),
    );
    await lock.release();
    for (const call of [first, largest, other]) expect(await outcomeOf(call)).toBe('accepted');
    expect(await storedCount('rejected')).toBe(0);
    expect(await outcomeOf(acceptAll(eventsOf(tenants.a, 1)))).toBe('accepted');
  });

  it('counts the size of events', async () => {
    const { accept } = startAcceptor({ perTenant: { items: 100, chars: 1000 } });
    const lock = await lockEvents();
    const large = accept(eventOf(tenants.a, 'a', { text: 'x'.repeat(1000) }));
    expect(await outcomeOf(accept(eventOf(tenants.a)))).toMatchObject(unavailable(/this tenant/));
    await lock.release();
    expect(await large).toMatchObject({ status: 'accepted' });
  });
});

describe('flood of one tenant', () => {
  it('delays the event of another tenant by at most the batch in progress', async () => {
    const { accept, acceptAll } = startAcceptor({});
    let flooded = 0;
    const flood = Array.from({ length: 30 }, async () => {
      await acceptAll(eventsOf(tenants.a, 100));
      flooded += 100;
    });
    await Promise.race(flood);
    await accept(eventOf(tenants.b));
    // The first batch, the batch in progress, and the batch that includes the event.
    expect(flooded).toBeLessThanOrEqual(700);
    await Promise.all(flood);
  });
});

describe('events with a large fan-out', () => {
  it('are accepted in smaller batches', async () => {
    const jobCounts: number[] = [];
    const { acceptAll } = createAcceptor({
      pool: database.pool,
      deliveries: {
        async enqueue(jobs) {
          jobCounts.push(jobs.length);
        },
        fastLaneLength: () => Promise.resolve(0),
      },
      onEnqueueError: () => {},
    });
    await database.addWebhooks(tenants.b, 100);
    await acceptAll(eventsOf(tenants.b, 30));
    await acceptAll(eventsOf(tenants.b, 30));
    // The fan-out of the first batch is unknown; later batches are limited to about a thousand deliveries.
    expect(jobCounts[0]).toBe(3000);
    expect(Math.max(...jobCounts.slice(1))).toBeLessThanOrEqual(1024);
  });
});
