import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Pool } from '@posthorn/database/connection';
import type { DeliveryJob } from '@posthorn/queue';
import { eventually } from '@posthorn/testkit';
import { type AcceptLimits, type PublishResult, createAcceptor, type IncomingEvent } from '../src/index.js';
import { addWebhook, eventOf, eventsInOrder, lockCounter } from './fixtures/ordered-webhooks.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const HIGH_LIMIT = { items: 10_000, chars: 1e9 };
const LONG = { baseMs: 60_000, perEventMs: 0 };
const LIMITS: AcceptLimits = {
  expectedWait: LONG,
  queueTimeout: LONG,
  total: HIGH_LIMIT,
  perTenant: HIGH_LIMIT,
};

interface Statement {
  name?: string;
  text: string;
}

interface AcceptorOptions {
  limits?: AcceptLimits;
  /** Runs before each statement on the hot path. */
  before?: (statement: Statement) => void | Promise<unknown>;
  beforeOther?: (statement: Statement) => void;
}

/** Returns the pool of the test, which calls `before` before each statement. */
const observedPool = (before: (statement: Statement) => void | Promise<unknown>) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an acceptor uses of a pool
  ({
    options: database.pool.options,
    async query(statement: Statement | string, values?: unknown[]) {
      await before(typeof statement === 'string' ? { text: statement } : statement);
      return database.pool.query(statement, values);
    },
  }) as unknown as Pool;

function startAcceptor({ limits, before = () => {}, beforeOther = () => {} }: AcceptorOptions = {}) {
  const jobs: DeliveryJob[] = [];
  const onEnqueueError = jest.fn();
  const acceptor = createAcceptor({
    pool: observedPool(beforeOther),
    hotPathPool: observedPool(before),
    deliveries: {
      enqueue: (added) => Promise.resolve(void jobs.push(...added)),
      fastLaneLength: () => Promise.resolve(0),
    },
    onEnqueueError,
    ...(limits && { limits }),
  });
  return { ...acceptor, jobs, onEnqueueError };
}

const idsOf = (results: readonly PublishResult[]) =>
  results.map((result) => (result.status === 'rejected' ? result.message : result.id));

const counterWait = () =>
  eventually(async () => {
    const { rowCount } = await database.pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    expect(rowCount).toBe(1);
  });

async function tenantWith(...webhooks: Parameters<typeof addWebhook>[2][]) {
  const tenantId = await database.addTenant();
  const ids: string[] = [];
  for (const webhook of webhooks) ids.push(await addWebhook(database.pool, tenantId, webhook));
  const [webhookId = ''] = ids;
  const events = (count: number, event: (index: number) => Partial<IncomingEvent> = () => ({})) =>
    Array.from({ length: count }, (_, index) => eventOf(tenantId, event(index)));
  return { tenantId, webhookId, events };
}

const inOrder = (webhookId: string) => eventsInOrder(database.pool, webhookId);

/** So costly that the clock is read after each evaluation. */
const costlyFilter = (n: number) => ({
  properties: { [`n${n}`]: {}, text: { not: { pattern: `${'.'.repeat(24)}x` } } },
});

const forget = (table: string, column: string, id: string) =>
  database.pool.query(`DELETE FROM ${table} WHERE ${column} = $1`, [id]);

/** What an erasure leaves of an event. */
const erase = (id: string) =>
  database.pool.query(
    'UPDATE event SET body = NULL, deflated_body = int4send(7), context = NULL WHERE id = $1',
    [id],
  );

describe('the events of one call', () => {
  it.each<[string, Partial<IncomingEvent>, (id: string) => Promise<unknown>]>([
    ['has expired', {}, (id) => forget('event', 'id', id)],
    ['is erased, and its key is not yet', {}, erase],
    [
      'is erased',
      { occurredAt: new Date(Date.now() - 5000) },
      async (id) => {
        await erase(id);
        await forget('event_idempotency', 'event_id', id);
      },
    ],
  ])('keep their order if the original of the first one %s', async (_name, fields, remove) => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict' });
    const { accept, acceptAll } = startAcceptor();
    const batch = events(4, (n) => ({ ...fields, idempotencyKey: `${n}` }));
    const originals = [];
    for (const event of batch.slice(0, 2)) originals.push(await accept(event));
    const [first = '', second = ''] = idsOf(originals);
    await remove(first);
    const results = await acceptAll([...batch, ...batch.slice(0, 1)]);
    expect(results.map(({ status }) => status)).toEqual([
      'accepted',
      'duplicate',
      'accepted',
      'accepted',
      'duplicate',
    ]);
    const [again = '', , third = '', fourth = '', repeated = ''] = idsOf(results);
    expect(again).not.toBe(first);
    expect(repeated).toBe(again);
    expect(await inOrder(webhookId)).toEqual([first, second, again, third, fourth]);
    expect(idsOf(await acceptAll(batch))).toEqual([again, second, third, fourth]);
  });

  it('keep their order although it is not known that a webhook numbers them', async () => {
    // Each event with its 13 deliveries fills more than a hundredth of a batch, so that two batches are stored at a time.
    const { webhookId, events } = await tenantWith(
      { ordering: 'strict' },
      ...Array.from({ length: 12 }, () => ({})),
    );
    const { acceptAll } = startAcceptor({ limits: LIMITS });
    const first = await acceptAll(events(1000));
    const second = await acceptAll(events(150));
    expect(await inOrder(webhookId)).toEqual([...idsOf(first), ...idsOf(second)]);
  });

  it('keep their order although only one of their types is known', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict' });
    const { acceptAll } = startAcceptor();
    const known = await acceptAll(events(1, () => ({ type: 'known' })));
    const mixed = await acceptAll(events(6, (n) => ({ type: n % 2 === 0 ? 'unknown' : 'known' })));
    expect(await inOrder(webhookId)).toEqual([...idsOf(known), ...idsOf(mixed)]);
  });

  it('have no later event stored if an earlier one has to be published again', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict' });
    let reads = 0;
    const { acceptAll } = startAcceptor({
      limits: LIMITS,
      before({ text }) {
        if (text.includes('FROM event_type t WHERE name') && ++reads === 2) throw new Error('unavailable');
      },
    });
    await expect(acceptAll(events(150))).rejects.toThrow('unavailable');
    expect(await inOrder(webhookId)).toEqual([]);
    const again = await acceptAll(events(150));
    expect(await inOrder(webhookId)).toEqual(idsOf(again));
  });

  it('are stored with numbers as soon as a webhook has an order, and until it has none', async () => {
    const { tenantId, webhookId, events } = await tenantWith({});
    const statements: string[] = [];
    const { acceptAll } = startAcceptor({ before: ({ name = '' }) => void statements.push(name) });
    const setOrdering = (ordering: string) =>
      database.pool.query('UPDATE webhook SET ordering = $2 WHERE tenant_id = $1', [tenantId, ordering]);
    await acceptAll(events(2));
    await setOrdering('strict');
    const ordered = [...(await acceptAll(events(2))), ...(await acceptAll(events(2)))];
    await setOrdering('none');
    for (let calls = 0; calls < 3; calls += 1) await acceptAll(events(2));
    const numbered = ['read-accept-rules', 'accept-events-sequenced'];
    expect(statements).toEqual([
      'accept-events',
      // The order is found out, then the events wait among the ordered ones.
      'accept-events',
      'read-accept-rules',
      ...numbered,
      ...numbered,
      // It is found out that there is none.
      ...numbered,
      'accept-events',
      'accept-events',
    ]);
    const stored = await database.pool.query<{ event_id: string }>(
      'SELECT event_id FROM pending_delivery WHERE webhook_id = $1 AND sequence IS NOT NULL ORDER BY sequence',
      [webhookId],
    );
    expect(stored.rows.map(({ event_id: id }) => id)).toEqual(idsOf(ordered));
  });

  describe('with costly filters', () => {
    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('keep their order although some exceed the budget of their batch', async () => {
      const { webhookId, events } = await tenantWith(
        { ordering: 'strict' },
        ...Array.from({ length: 20 }, (_, n) => ({ pattern: 'costly', filter: costlyFilter(n) })),
      );
      const { acceptAll } = startAcceptor({ limits: LIMITS });
      let nowMs = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 2));
      for (let calls = 0; calls < 2; calls += 1) {
        const before = await inOrder(webhookId);
        const results = await acceptAll(
          events(150, (n) => ({ type: n % 3 === 0 ? 'costly' : 'plain', data: { text: 'a' } })),
        );
        expect(await inOrder(webhookId)).toEqual([...before, ...idsOf(results)]);
      }
    });
  });
});

it('an event is stored with a number although its webhook was activated between the read and the commit', async () => {
  const { tenantId, webhookId, events } = await tenantWith({ ordering: 'strict' });
  const setStatus = (status: string) =>
    database.pool.query('UPDATE webhook SET status = $2 WHERE tenant_id = $1', [tenantId, status]);
  await setStatus('suspended');
  const { acceptAll } = startAcceptor({
    before: ({ name }) => (name === 'accept-events-sequenced' ? setStatus('active') : undefined),
  });
  const type = `typed.${tenantId}`;
  // The type has a rule, so that the rules are read.
  await database.pool.query(`INSERT INTO event_type (name, schema) VALUES ($1, '{}')`, [type]);
  for (let calls = 1; calls <= 2; calls += 1) {
    await acceptAll(events(1, () => ({ type })));
    expect(await inOrder(webhookId)).toHaveLength(calls);
  }
});

describe('while another process holds the counter of a webhook', () => {
  it('only events that it matches wait', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict', pattern: 'order.*' }, {});
    const { accept, acceptAll } = startAcceptor({ limits: LIMITS });
    const [ordered, unordered] = [events(1), events(3, () => ({ type: 'other' }))];
    const first = idsOf(await acceptAll(ordered));
    const release = await lockCounter(database.pool, webhookId);
    const waiting = acceptAll(ordered);
    await counterWait();
    expect(await acceptAll(unordered)).toMatchObject([
      { deliveries: 1 },
      { deliveries: 1 },
      { deliveries: 1 },
    ]);
    for (const event of unordered) expect(await accept(event)).toMatchObject({ deliveries: 1 });
    expect(await inOrder(webhookId)).toEqual(first);
    await release();
    const second = idsOf(await waiting);
    expect(await inOrder(webhookId)).toEqual([...first, ...second]);
  });

  it('events that it matches are refused after the timeout, and never stored', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict' });
    const { acceptAll } = startAcceptor({
      limits: { ...LIMITS, queueTimeout: { baseMs: 150, perEventMs: 0 } },
    });
    const first = idsOf(await acceptAll(events(1)));
    const release = await lockCounter(database.pool, webhookId);
    const inFlight = acceptAll(events(1));
    await counterWait();
    await expect(acceptAll(events(1))).rejects.toMatchObject({ code: 'unavailable' });
    await release();
    const second = idsOf(await inFlight);
    expect(await inOrder(webhookId)).toEqual([...first, ...second]);
  });
});

it('two processes number an event after those that were answered before it was published', async () => {
  const { webhookId, events } = await tenantWith({ ordering: 'strict' }, { ordering: 'byKey' });
  const processes = [startAcceptor({ limits: LIMITS }), startAcceptor({ limits: LIMITS })] as const;
  const pairs: [string, string][] = [];
  async function publishPair(round: number): Promise<void> {
    const accept = async (process: (typeof processes)[number]) =>
      idsOf(await process.acceptAll(events(1 + (round % 3))));
    const [one, other] = round % 2 === 0 ? processes : processes.toReversed();
    const first = await accept(one ?? processes[0]);
    const second = await accept(other ?? processes[1]);
    pairs.push([first.at(-1) ?? '', second[0] ?? '']);
  }
  const rounds = Array.from({ length: 200 }, (_, round) => round);
  const publishers = [0, 1, 2, 3].map(async (publisher) => {
    for (const round of rounds.filter((each) => each % 4 === publisher)) await publishPair(round);
  });
  await Promise.all(publishers);
  const place = new Map((await inOrder(webhookId)).map((id, index) => [id, index]));
  const wrong = pairs.filter(([first, second]) => !((place.get(first) ?? NaN) < (place.get(second) ?? NaN)));
  expect(pairs).toHaveLength(200);
  expect(wrong).toEqual([]);
});

const keyed = (orderingKey: string): Partial<IncomingEvent> => ({ attributes: { orderingKey } });

async function jobsAfter(
  { acceptAll, stop, jobs }: ReturnType<typeof startAcceptor>,
  events: readonly IncomingEvent[],
): Promise<string[]> {
  jobs.length = 0;
  await acceptAll(events);
  await stop();
  return jobs.map(({ deliveryId }) => deliveryId);
}

describe('the jobs of a batch', () => {
  it('are those of the deliveries that wait for no other one', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'byKey' });
    const acceptor = startAcceptor();
    expect(
      await jobsAfter(
        acceptor,
        events(2, () => keyed('a')),
      ),
    ).toHaveLength(1);
    expect(
      await jobsAfter(
        acceptor,
        events(3, (n) => keyed(n < 2 ? 'b' : 'c')),
      ),
    ).toHaveLength(2);
    expect(
      await jobsAfter(
        acceptor,
        events(2, () => keyed('a')),
      ),
    ).toHaveLength(0);
    expect(await jobsAfter(acceptor, events(2))).toHaveLength(2);
    expect(await inOrder(webhookId)).toHaveLength(9);
  });

  it('are one for strict order, and all for other webhooks', async () => {
    const { webhookId, events } = await tenantWith({ ordering: 'strict' }, {});
    const jobs = await jobsAfter(startAcceptor(), events(3));
    expect(jobs).toHaveLength(4);
    const { rows } = await database.pool.query<{ id: string }>(
      'SELECT id FROM pending_delivery WHERE webhook_id = $1 AND sequence = 1',
      [webhookId],
    );
    expect(jobs).toContain(rows[0]?.id);
  });

  it('are left to the reconciler if the heads cannot be read, without delaying others', async () => {
    const { events } = await tenantWith({ ordering: 'strict' }, {});
    const error = new Error('unavailable');
    const acceptor = startAcceptor({
      beforeOther({ name }) {
        if (name === 'find-heads') throw error;
      },
    });
    expect(await jobsAfter(acceptor, events(3))).toHaveLength(3);
    expect(acceptor.onEnqueueError.mock.calls).toEqual([[error]]);
  });
});

async function keysOf(
  pointer: string,
  events: readonly Partial<IncomingEvent>[],
): Promise<(string | null)[]> {
  const { webhookId, tenantId } = await tenantWith({ ordering: 'byKey' });
  const type = `pointed.${tenantId}`;
  await database.pool.query('INSERT INTO event_type (name, ordering_pointer) VALUES ($1, $2)', [
    type,
    pointer,
  ]);
  await startAcceptor().acceptAll(events.map((event) => eventOf(tenantId, { type, ...event })));
  const { rows } = await database.pool.query<{ key: string | null }>(
    `SELECT d.ordering_key AS key FROM pending_delivery d JOIN event e ON e.id = d.event_id
     WHERE webhook_id = $1 AND d.ordering_key IS NOT DISTINCT FROM e.context ->> 'orderingKey' ORDER BY sequence`,
    [webhookId],
  );
  return rows.map(({ key }) => key);
}

describe('the ordering key of an event', () => {
  it('is the value at the pointer of its type, unless it was published with one', async () => {
    const attributes = { orderingKey: 'explicit', idempotencyKey: 'k' };
    const dataText = '{"order": {"id": 10.50}}';
    expect(
      await keysOf('/order/id', [
        { data: { order: { id: 'o1' } } },
        { data: {}, dataText },
        { data: { order: { id: true } } },
        { data: { order: { id: 'o1' } }, attributes },
        { data: { order: {} } },
      ]),
    ).toEqual(['o1', '10.50', 'true', 'explicit', null]);
  });
});
