import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { derivedId, newId, SYSTEM } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { deleteExpired } from '../src/retention/delete-expired.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import { countPeriod, countUsage, readUsageCountedUntil } from '../src/usage/count-usage.js';
import { readUsage, type UsageRow } from '../src/usage/read-usage.js';
import {
  addTenant,
  addWebhook,
  attemptOf,
  newEvent,
  recordAll,
  recordNext,
  successOf,
} from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
const minutesAgo = (minutes: number): number => Date.now() - minutes * MINUTE_MS;
const idAt = (timeMs: number): string => derivedId(newId(), timeMs);

let tenantId: string;
beforeEach(async () => {
  tenantId = await addTenant(db.pool);
});

const ALL_DAYS = { from: '1970-01-01', to: '9999-12-31', groupBy: ['tenant', 'day'] } as const;

/** Returns the usage of the tenant: `day events deliveries attempts bytes`. */
async function usage(): Promise<string[]> {
  const { items } = await readUsage(db.pool, { ...ALL_DAYS, tenantId }, { limit: 100 });
  return items.map(textOf);
}

const textOf = ({ day, events, deliveries, attempts, bytes }: UsageRow): string =>
  [day, events, deliveries, attempts, bytes].join(' ');

/** Returns what has been added to the table. */
async function stored(): Promise<string[]> {
  const { rows } = await db.pool.query<UsageRow>(
    'SELECT day::text, events, deliveries, attempts, bytes FROM usage_day WHERE tenant_id = $1 ORDER BY day',
    [tenantId],
  );
  return rows.map(textOf);
}

/** Counts the history itself, with the sizes that the bodies had. */
async function history(bytesOf: ReadonlyMap<string, number> = new Map()): Promise<string[]> {
  const { rows } = await db.pool.query<{
    kind: 'events' | 'deliveries' | 'attempts';
    day: string;
    id: string;
  }>(
    `SELECT 'events' AS kind, posthorn_uuid_day(id)::text AS day, id FROM event WHERE tenant_id = $1
     UNION ALL SELECT 'deliveries', posthorn_uuid_day(event_id)::text, id FROM delivery WHERE tenant_id = $1
     UNION ALL SELECT 'attempts', (a.started_at AT TIME ZONE 'UTC')::date::text, a.id
     FROM attempt a JOIN delivery d ON d.id = a.delivery_id WHERE d.tenant_id = $1`,
    [tenantId],
  );
  const days = new Map<string, UsageRow>();
  for (const { kind, day, id } of rows) {
    const row = days.get(day) ?? {
      day,
      tenantId,
      tenantName: '',
      events: 0,
      deliveries: 0,
      attempts: 0,
      bytes: 0,
    };
    days.set(day, row);
    row[kind] += 1;
    if (kind === 'events') row.bytes += bytesOf.get(id) ?? '{"a":1}'.length;
  }
  return [...days.values()].map(textOf).toSorted();
}

async function accept(event: Partial<NewEvent> = {}): Promise<string[]> {
  const accepted = await acceptEvents(db.pool, [newEvent({ tenantId, ...event })]);
  return accepted.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
}

async function progress(): Promise<Date> {
  const { rows } = await db.pool.query<{ at: Date }>('SELECT counted_until AS at FROM usage_progress');
  return rows[0]?.at ?? new Date(Number.NaN);
}

/** Counts everything, as if some minutes had passed. Later tests start again from now. */
async function countAll(): Promise<void> {
  await countPeriod(db.pool, { from: await progress(), to: new Date(Date.now() + 2 * 60 * MINUTE_MS) });
  await countUsage(db.pool);
  expect(await stored()).toEqual(await usage());
}

const clients: pg.PoolClient[] = [];

/** Begins a transaction, which ends with the test at the latest. */
async function transaction(): Promise<pg.PoolClient> {
  const client = await db.pool.connect();
  clients.push(client);
  await client.query('BEGIN');
  return client;
}

afterEach(() => {
  for (const client of clients.splice(0)) client.release(true);
});

beforeEach(async () => {
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() - interval '1 hour'`);
});

describe('usage', () => {
  it('is that of the history at every moment, whatever happens late, again or never', async () => {
    await addWebhook(db.pool, { tenantId });
    await addWebhook(db.pool, { tenantId });
    const bytesOf = new Map<string, number>();
    const open: string[] = [];
    let seed = 7;
    const pick = (count: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * count);
    };
    const anyTime = (): number => minutesAgo([0, 0, 0.5, 2, 50, 70, 1500][pick(7)] ?? 0);
    const anyOpen = (): string => open[pick(open.length)] ?? '';
    const retry = async (id: string): Promise<void> => {
      const delivery = await findDelivery(db.prisma, { id, tenantId });
      if (delivery && delivery.status !== 'pending') await retryDelivery(db.prisma, delivery, SYSTEM);
    };
    const publish = async (): Promise<void> => {
      const body = JSON.stringify({ text: 'é'.repeat([1, 300, 3000][pick(3)] ?? 1) });
      const event = { id: idAt(anyTime()), body, pushed: true };
      bytesOf.set(event.id, Buffer.byteLength(body));
      open.push(...(await accept(event)));
      expect(await accept(event)).toEqual([]);
    };
    const attempt = async (): Promise<void> => {
      const endedAt = pick(6) === 0 ? Date.now() + 10 * MINUTE_MS : anyTime();
      const sent = pick(2) === 0 ? attemptOf(anyOpen()) : successOf(anyOpen());
      const record = { ...sent, id: idAt(endedAt), startedAt: new Date(endedAt - 12) };
      await (pick(2) === 0 ? recordNext(db.pool, [record]) : recordAll(db.pool, [record]));
      await recordAll(db.pool, [record]);
    };
    const steps = [
      publish,
      attempt,
      attempt,
      async () =>
        void (await settleDeliveries(db.pool, [
          { deliveryId: anyOpen(), epoch: 0, status: 'dropped', reason: 'suspended' },
        ])),
      () => retry(anyOpen()),
      () => countUsage(db.pool),
    ];
    await publish();
    for (let step = 0; step < 150; step += 1) {
      await steps[pick(steps.length)]?.();
      expect(await usage()).toEqual(await history(bytesOf));
    }
    await countAll();
    expect(await stored()).toEqual(await history(bytesOf));
    const { rowCount } = await db.pool.query('SELECT FROM usage_late');
    expect(rowCount).toBe(0);
    for (const id of open) await retry(id);
    expect(await usage()).toEqual(await history(bytesOf));
  });

  it('is counted once by statements that run twice, at once, or in a process that is killed', async () => {
    await accept();
    const late = idAt(minutesAgo(65));
    await accept({ id: late, pushed: true });
    const expected = await history();
    const period = { from: await progress(), to: new Date(Date.now() + MINUTE_MS) };
    // Blocked after it has read the history.
    const blocker = await transaction();
    await blocker.query('LOCK TABLE usage_day IN ACCESS EXCLUSIVE MODE');
    const killed = expect(countPeriod(db.pool, period)).rejects.toThrow();
    await eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%usage_progress%'`,
      );
      expect(rowCount).toBe(1);
    });
    await killed;
    await blocker.query('COMMIT');
    expect(await stored()).toEqual([]);
    expect(await usage()).toEqual(expected);
    await Promise.all([countPeriod(db.pool, period), countPeriod(db.pool, period)]);
    expect(await usage()).toEqual(expected);
    await countPeriod(db.pool, period);
    await Promise.all([countUsage(db.pool), countUsage(db.pool)]);
    expect(await usage()).toEqual(expected);
    expect(await stored()).toEqual(expected);
  });

  it('has events and deliveries on the day of the event, and attempts on the day on which they started (UTC)', async () => {
    await addWebhook(db.pool, { tenantId });
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const [last] = await accept({ id: idAt(midnight - 1), pushed: true });
    await accept({ id: idAt(midnight), pushed: true });
    const first = { id: idAt(midnight + 5), startedAt: new Date(midnight - 1) };
    await recordNext(db.pool, [attemptOf(last ?? '', first)]);
    await recordNext(db.pool, [
      { ...successOf(last ?? ''), id: idAt(midnight + 20), startedAt: new Date(midnight) },
    ]);
    const expected = [`${dayOf(midnight - 1)} 1 1 1 7`, `${dayOf(midnight)} 1 1 1 7`];
    expect(await usage()).toEqual(expected);
    await countAll();
    expect(await usage()).toEqual(expected);
  });

  it('of one event, alone in its statement, is counted however late it is', async () => {
    const event = newEvent({ tenantId, id: idAt(minutesAgo(90)) });
    expect(await acceptEventsWithoutRules(db.pool, [event])).toHaveLength(1);
    expect(await usage()).toEqual(await history());
  });

  it('is counted in shorter periods if the statement times out', async () => {
    await addWebhook(db.pool, { tenantId });
    await accept({ id: idAt(minutesAgo(30)) });
    // Stands for a period with too many rows.
    await db.pool.query(`
      CREATE FUNCTION test_time_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF new.counted_until > old.counted_until + interval '3 minutes' THEN
          RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = 'query_canceled';
        END IF;
        RETURN new;
      END $$;
      CREATE TRIGGER test_time_out BEFORE UPDATE ON usage_progress FOR EACH ROW EXECUTE FUNCTION test_time_out()`);
    try {
      await countUsage(db.pool);
      expect((await progress()).getTime()).toBeGreaterThan(minutesAgo(10));
    } finally {
      await db.pool.query('DROP FUNCTION test_time_out CASCADE');
    }
  });

  it('keeps a day of deliveries until attempts of later days are counted', async () => {
    await addWebhook(db.pool, { tenantId });
    const old = minutesAgo(3 * 24 * 60);
    await createPartitions(db.pool, new Date(old + DAY_MS));
    const [retried] = await accept({ id: idAt(old), pushed: true });
    await recordNext(db.pool, [successOf(retried ?? '')]);
    const expected = await usage();
    const keptFrom = dayOf(old + DAY_MS);
    const cutoffs = { record: keptFrom, payload: keptFrom, today: keptFrom, counted: keptFrom };
    const deliveries = `settled_delivery_${dayOf(old).replaceAll('-', '')}`;
    expect((await dropExpiredPartitions(db.pool, cutoffs)).needed).toEqual([
      deliveries,
      deliveries.replace('settled_delivery', 'earlier_attempt'),
    ]);
    await countAll();
    expect((await dropExpiredPartitions(db.pool, cutoffs)).dropped).toMatchObject({ settled_delivery: 1 });
    expect(await usage()).toEqual(expected);
  });

  it('keeps deliveries of the default partition as long', async () => {
    await addWebhook(db.pool, { tenantId });
    const old = minutesAgo(20 * 24 * 60);
    const [retried = ''] = await accept({ id: idAt(old), pushed: true });
    await recordNext(db.pool, [successOf(retried)]);
    const kept = async () => (await findDelivery(db.prisma, { id: retried, tenantId })) !== null;
    const retention = { recordDays: 1, payloadDays: null, auditDays: 1 };
    const expire = () =>
      deleteExpired(
        db.pool,
        'expired rows of the default partitions',
        retentionCutoffs(retention, new Date()),
      );
    await expire();
    expect(await kept()).toBe(true);
    await countAll();
    await expire();
    expect(await kept()).toBe(false);
  });

  it('that is late needs no history', async () => {
    await accept({ id: idAt(minutesAgo(90)), pushed: true });
    expect(await readUsageCountedUntil(db.pool)).toEqual(await progress());
    const before = await usage();
    expect(before).toHaveLength(1);
    await db.pool.query('DELETE FROM event WHERE tenant_id = $1', [tenantId]);
    expect(await usage()).toEqual(before);
    await countAll();
    expect(await usage()).toEqual(before);
  });

  it('stays when the history and the tenant are gone', async () => {
    await addWebhook(db.pool, { tenantId });
    await accept();
    await countAll();
    const before = await usage();
    for (const table of ['event', 'pending_delivery', 'webhook_subscription', 'webhook', 'tenant'])
      await db.pool.query(`DELETE FROM ${table} WHERE ${table === 'tenant' ? 'id' : 'tenant_id'} = $1`, [
        tenantId,
      ]);
    expect(before).toHaveLength(1);
    expect(await usage()).toEqual(before);
    const { items } = await readUsage(db.pool, { ...ALL_DAYS, tenantId }, { limit: 1 });
    expect(items).toMatchObject([{ tenantId, tenantName: null }]);
  });

  it('counts the bytes of a body of which only the length is left', async () => {
    const id = newId();
    await accept({ id, body: 'x'.repeat(5000) });
    await db.pool.query(
      'UPDATE event SET body = NULL, deflated_body = int4send(posthorn_body_bytes(body, deflated_body)) WHERE id = $1',
      [id],
    );
    expect(await usage()).toEqual([`${dayOf(Date.now())} 1 0 0 5000`]);
  });
});

const lastDays = () => ({ from: dayOf(Date.now() - 2 * DAY_MS), to: dayOf(Date.now()) });

/** Rows of two tenants on three days, the last of which is not counted yet. */
async function addUsage(): Promise<[string, string]> {
  const tenants = [tenantId, await addTenant(db.pool)].toSorted();
  await db.pool.query('TRUNCATE usage_day');
  await db.pool.query(
    `INSERT INTO usage_day SELECT day::date, tenant_id, 1, 2, 3, 10 FROM unnest($1::uuid[]) AS tenant_id,
     generate_series(current_date - 2, current_date, interval '1 day') AS day`,
    [tenants],
  );
  const [a = '', b = ''] = tenants;
  await acceptEvents(db.pool, [newEvent({ tenantId: b })]);
  return [a, b];
}

describe('reading usage', () => {
  it.each([
    { groupBy: ['tenant'] as const, counts: [3, 4] },
    { groupBy: ['day'] as const, counts: [2, 2, 3] },
    { groupBy: ['day', 'tenant'] as const, counts: [1, 1, 1, 1, 1, 2] },
  ])('groups by $groupBy, in pages', async ({ groupBy, counts }) => {
    const [a, b] = await addUsage();
    const filter = { ...lastDays(), tenantId: null, groupBy };
    const isOurs = (row: UsageRow) => row.tenantId === null || row.tenantId === a || row.tenantId === b;
    const rows: UsageRow[] = [];
    for (let after: Parameters<typeof readUsage>[2]['after'], pages = 0; pages < 20; pages += 1) {
      const page = await readUsage(db.pool, filter, { limit: 1, after });
      rows.push(...page.items);
      if (page.next === null) break;
      after = page.next;
    }
    const { items } = await readUsage(db.pool, filter, { limit: 100 });
    expect(rows).toEqual(items);
    if (groupBy.length === 1 && groupBy[0] === 'day') return expect(rows).toHaveLength(counts.length);
    return expect(rows.filter(isOurs).map(({ events }) => events)).toEqual(counts);
  });

  it('reads the days from the first to the last, both included', async () => {
    const [a] = await addUsage();
    const { from } = lastDays();
    const { items } = await readUsage(db.pool, { ...ALL_DAYS, from, to: from, tenantId: a }, { limit: 9 });
    expect(items).toEqual([
      { day: from, tenantId: a, tenantName: a, events: 1, deliveries: 2, attempts: 3, bytes: 10 },
    ]);
  });

  it('is kept for 24 months', async () => {
    await db.pool.query(
      `INSERT INTO usage_day SELECT day::date, $1, 1, 0, 0, 0 FROM unnest('{2029-05-29, 2029-05-30, 2031-05-30}'::text[]) AS day`,
      [tenantId],
    );
    const retention = { recordDays: 1, payloadDays: null, auditDays: 1 };
    await deleteExpired(
      db.pool,
      'expired usage',
      retentionCutoffs(retention, new Date('2031-05-30T12:00:00Z')),
    );
    expect(await stored()).toEqual(['2029-05-30 1 0 0 0', '2031-05-30 1 0 0 0']);
  });
});
