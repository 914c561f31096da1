import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Pool } from '@posthorn/database/connection';
import type { Tracing } from '@posthorn/runtime';
import { createAcceptLimiter } from '../src/accept/accept-limiter.js';
import { type AcceptLimits, createAcceptor, type IncomingEvent } from '../src/index.js';
import { eventually } from '@posthorn/testkit';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
let tenants: { a: string; b: string };

beforeAll(async () => {
  tenants = { a: await database.addTenant(), b: await database.addTenant() };
});

const LONG = { baseMs: 60_000, perEventMs: 0 };
const HIGH_LIMIT = { items: 10_000, chars: 1e9 };

function startAcceptor(
  limits: Partial<AcceptLimits>,
  { tracing = null, hotPathPool = database.pool }: { tracing?: Tracing | null; hotPathPool?: Pool } = {},
) {
  return createAcceptor({
    pool: database.pool,
    hotPathPool,
    tracing,
    deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: { expectedWait: LONG, queueTimeout: LONG, total: HIGH_LIMIT, perTenant: HIGH_LIMIT, ...limits },
  });
}

const eventOf = (tenantId: string, type = 'a', data: Record<string, unknown> = {}): IncomingEvent => ({
  tenantId,
  type,
  data,
  dataText: null,
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

/** Waits until a batch waits for the lock. */
const batchInProgress = () =>
  eventually(async () => {
    const { rows } = await database.pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    expect(rows).toHaveLength(1);
  });

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
  it('refuses queued events after the timeout and never stores them, and waits for the batch in progress', async () => {
    const { accept } = startAcceptor({ queueTimeout: { baseMs: 150, perEventMs: 0 } });
    const lock = await lockEvents();
    const inFlight = outcomeOf(accept(eventOf(tenants.a, 'in-flight')));
    await batchInProgress();
    const queued = outcomeOf(accept(eventOf(tenants.a, 'queued')));
    expect(await queued).toMatchObject(unavailable(/Nothing was stored/));
    await lock.release();
    expect(await inFlight).toBe('accepted');
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

describe('a call that would wait too long', () => {
  const refused: unknown[] = [];
  const waitsMs = new Map<string, number>();
  const limiter = createAcceptLimiter({
    limits: {
      expectedWait: { baseMs: 700, perEventMs: 4 },
      queueTimeout: { baseMs: 2000, perEventMs: 4 },
      total: HIGH_LIMIT,
      perTenant: HIGH_LIMIT,
    },
    expectedWaitMs: (call) => Math.max(...call.map(({ tenantId }) => waitsMs.get(tenantId) ?? 0)),
    onRefuse: (...args) => refused.push(args),
  });
  beforeEach(() => {
    refused.length = 0;
    waitsMs.clear();
  });

  it('is refused as a whole, with the time after which it may be retried', () => {
    waitsMs.set(tenants.a, 3500);
    const events = [...eventsOf(tenants.b, 2), ...eventsOf(tenants.a, 3)];
    expect(() => limiter.assertShortWait(events)).toThrow(
      expect.objectContaining({ code: 'unavailable', extra: { retryAfter: 3 } }),
    );
    expect(refused).toEqual([
      ['expected_wait', tenants.b, 2],
      ['expected_wait', tenants.a, 3],
    ]);
  });

  it('is admitted for a tenant that would not wait', () => {
    waitsMs.set(tenants.a, 3500);
    expect(() => limiter.assertShortWait(eventsOf(tenants.b, 1))).not.toThrow();
    waitsMs.set(tenants.b, 700);
    expect(() => limiter.assertShortWait(eventsOf(tenants.b, 1))).not.toThrow();
    expect(refused).toEqual([]);
  });

  it('may wait longer if it has many events', () => {
    waitsMs.set(tenants.a, 3500);
    expect(() => limiter.assertShortWait(eventsOf(tenants.a, 1000))).not.toThrow();
    expect(limiter.timeoutOf(eventsOf(tenants.a, 1)).ms).toBe(2000);
    expect(limiter.timeoutOf(eventsOf(tenants.a, 1000)).ms).toBe(5996);
  });
});

describe('many events with 1,000 webhooks', () => {
  it('are stored two at a time, each with all its deliveries', async () => {
    const tenantId = await database.addTenant();
    await database.addWebhooks(tenantId, 1000);
    let running = 0;
    let most = 0;
    const countingPool = {
      options: database.pool.options,
      async query(statement: { text: string }) {
        if (!statement.text.includes('INSERT INTO event ')) return database.pool.query(statement);
        running += 1;
        most = Math.max(most, running);
        return database.pool.query(statement).finally(() => (running -= 1));
      },
    } as unknown as Pool;
    const { accept } = startAcceptor({}, { hotPathPool: countingPool });

    const events = Array.from({ length: 8 }, () => accept(eventOf(tenantId, 'wide')));
    for (const event of events) expect(await event).toMatchObject({ status: 'accepted', deliveries: 1000 });
    expect(most).toBe(2);
    const { rows } = await database.pool.query(
      'SELECT count(DISTINCT (event_id, webhook_id))::int AS deliveries FROM pending_delivery WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual([{ deliveries: 8000 }]);
  });
});

describe('more events than can be stored', () => {
  let nowMs = 0;
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Stores each batch in a second of the fake clock. */
  const slowPool = () =>
    ({
      options: database.pool.options,
      async query(statement: { text: string }) {
        if (statement.text.includes('INSERT INTO event ')) nowMs += 1000;
        return database.pool.query(statement);
      },
    }) as unknown as Pool;

  it('are refused early and not stored, while the events of another tenant are accepted', async () => {
    const [tenantId, quiet] = [await database.addTenant(), await database.addTenant()];
    const expectedWait = { baseMs: 5000, perEventMs: 0 };
    const { accept, acceptAll, assertShortWait } = startAcceptor(
      { expectedWait },
      { hotPathPool: slowPool() },
    );
    // From now on, their fan-out is known.
    await accept(eventOf(tenantId, 'overload'));
    await accept(eventOf(quiet));

    // While no batch was measured, everything is admitted: 30 batches.
    const admitted = Array.from({ length: 15 }, () => acceptAll(eventsOf(tenantId, 200, 'overload')));
    await admitted[0];
    for (let calls = 0; calls < 3; calls += 1) {
      const refused = outcomeOf(accept(eventOf(tenantId, 'overload')));
      expect(() => assertShortWait({ tenantId, type: 'overload' })).toThrow(
        expect.objectContaining(unavailable(/faster than they can be stored/)),
      );
      expect(() => assertShortWait({ tenantId: quiet, type: 'a' })).not.toThrow();
      expect(await outcomeOf(accept(eventOf(quiet)))).toBe('accepted');
      expect(await refused).toMatchObject(unavailable(/faster than they can be stored/));
    }
    await Promise.all(admitted);
    expect(await storedCount('overload')).toBe(3001);
    expect(await outcomeOf(accept(eventOf(tenantId)))).toBe('accepted');
  });
});

describe('the span of an event', () => {
  it('starts only if the event is admitted, and ends', async () => {
    const spans = { started: 0, ended: 0 };
    const span = {
      setAttribute() {},
      setStatus() {},
      isRecording: () => false,
      end: () => (spans.ended += 1),
    };
    const startSpan = () => {
      spans.started += 1;
      return span;
    };
    const tracing = { startSpan } as unknown as Tracing;
    const { accept } = startAcceptor({ perTenant: { items: 1, chars: 1e9 } }, { tracing });
    const [, second] = await Promise.all([
      outcomeOf(accept(eventOf(tenants.a))),
      outcomeOf(accept(eventOf(tenants.a))),
    ]);
    expect(second).toMatchObject(unavailable(/this tenant/));
    expect(spans).toEqual({ started: 1, ended: 1 });
  });
});

describe('flood of one tenant', () => {
  it('delays the event of another tenant by at most the batch in progress', async () => {
    const { accept, acceptAll } = startAcceptor({});
    // From now on, its fan-out is known.
    await accept(eventOf(tenants.b));
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
    const { acceptAll, stop } = createAcceptor({
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
    await stop();
    expect(jobCounts.reduce((sum, count) => sum + count, 0)).toBe(6000);
    expect(Math.max(...jobCounts)).toBeLessThanOrEqual(1024);
  });
});
