import { beforeAll, describe, expect, it } from '@jest/globals';
import { type AcceptLimits, createAcceptor, type IncomingEvent } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
let tenants: { a: string; b: string };

beforeAll(async () => {
  tenants = { a: await database.addTenant(), b: await database.addTenant() };
});

const ROOMY = { items: 10_000, chars: 1e9 };

function startAcceptor(limits: Partial<AcceptLimits>) {
  return createAcceptor({
    pool: database.pool,
    deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: { timeoutMs: 10_000, total: ROOMY, perTenant: ROOMY, ...limits },
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

/** Nothing can be stored until it is released. */
async function holdEvents(): Promise<{ release: () => Promise<void> }> {
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

describe('while PostgreSQL does not take events', () => {
  it('refuses them in time, and never stores what was not on its way', async () => {
    const { accept } = startAcceptor({ timeoutMs: 150 });
    const held = await holdEvents();
    const startedAtMs = performance.now();
    const onItsWay = outcomeOf(accept(eventOf(tenants.a, 'on-its-way')));
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = outcomeOf(accept(eventOf(tenants.a, 'waiting')));
    for (const outcome of [await onItsWay, await waiting]) {
      expect(outcome).toMatchObject(unavailable(/same idempotency key/));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    await held.release();
    expect(await accept(eventOf(tenants.a, 'later'))).toMatchObject({ status: 'accepted' });
    expect([await storedCount('on-its-way'), await storedCount('waiting')]).toEqual([1, 0]);
  });

  it('takes a call as a whole or not at all, and no more than the limits', async () => {
    const { acceptAll } = startAcceptor({
      perTenant: { items: 10, chars: 1e9 },
      total: { items: 20, chars: 1e9 },
    });
    const held = await holdEvents();
    const first = acceptAll(eventsOf(tenants.a, 9));
    const largest = acceptAll(eventsOf(tenants.a, 8));
    const refused = acceptAll([...eventsOf(tenants.b, 1, 'refused'), ...eventsOf(tenants.a, 1, 'refused')]);
    expect(await outcomeOf(refused)).toMatchObject(unavailable(/this tenant/));
    const other = acceptAll(eventsOf(tenants.b, 3));
    expect(await outcomeOf(acceptAll(eventsOf(tenants.b, 1, 'refused')))).toMatchObject(
      unavailable(/Too many/),
    );
    await held.release();
    for (const call of [first, largest, other]) expect(await outcomeOf(call)).toBe('accepted');
    expect(await storedCount('refused')).toBe(0);
    expect(await outcomeOf(acceptAll(eventsOf(tenants.a, 1)))).toBe('accepted');
  });

  it('counts the size of events too', async () => {
    const { accept } = startAcceptor({ perTenant: { items: 100, chars: 1000 } });
    const held = await holdEvents();
    const large = accept(eventOf(tenants.a, 'a', { text: 'x'.repeat(1000) }));
    expect(await outcomeOf(accept(eventOf(tenants.a)))).toMatchObject(unavailable(/this tenant/));
    await held.release();
    expect(await large).toMatchObject({ status: 'accepted' });
  });
});

describe('a flood of one tenant', () => {
  it("does not hold up another's event by more than the batch that is under way", async () => {
    const { accept, acceptAll } = startAcceptor({});
    let flooded = 0;
    const flood = Array.from({ length: 30 }, async () => {
      await acceptAll(eventsOf(tenants.a, 100));
      flooded += 100;
    });
    await Promise.race(flood);
    await accept(eventOf(tenants.b));
    // The first batch, the one that was under way, and the one that it shared.
    expect(flooded).toBeLessThanOrEqual(700);
    await Promise.all(flood);
  });
});

describe('events that go to many webhooks', () => {
  it('are taken by fewer at a time', async () => {
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
    // Of the first nothing was known; then a thousand deliveries at a time.
    expect(jobCounts[0]).toBe(3000);
    expect(Math.max(...jobCounts.slice(1))).toBeLessThanOrEqual(1024);
  });
});
