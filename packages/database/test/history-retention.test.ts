import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_TENANT_ID, derivedId, newId, SYSTEM } from '@posthorn/core';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { NO_PAYLOAD_KEYS } from '../src/encryption/payload-keys.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { createEventType, updateEventType } from '../src/events/event-types.js';
import { findEvent } from '../src/events/events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { createReplay } from '../src/replays/create-replay.js';
import { listRunningReplays } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { deleteExpiredHistory } from '../src/retention/delete-expired.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import { findDefaultPartitionRows } from '../src/retention/find-default-partition-rows.js';
import { freeHistoryClasses } from '../src/retention/free-history-classes.js';
import { createTenant } from '../src/tenants/tenants.js';
import { countedUsage } from '../src/usage/counted-usage.js';
import { addWebhook, attemptOf, newEvent, recordNext, successOf, type WebhookRow } from './fixtures/rows.js';
import {
  dateIn,
  dayIn,
  EVENT_TYPE,
  replayOfEvent,
  retentionSteps,
  tableOfDay,
} from './fixtures/shorter-retention.js';
import { useFreshDatabase } from './fixtures/use-database.js';
import { waitUntilBlocked } from './fixtures/wait-until-blocked.js';

const db = useFreshDatabase();
const { acceptFor, count, fail, keepFor: keep, retry } = retentionSteps(db);
// The usage of all rows is counted.
beforeEach(async () => {
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
});

/** Keeps the history of the default tenant for a number of days. */
const keepFor = (historyDays: number | null) => keep({ historyDays });

const keepTypeFor = (name: string, historyDays: number) =>
  createEventType(db.prisma, name, { ...EVENT_TYPE, historyDays }, SYSTEM);

const inUse = { code: 'invalid_input', errors: [{ code: 'history_days_in_use', params: { days: '7, 30' } }] };

const classes = async () => {
  const { rows } = await db.pool.query<{ id: number; days: number }>(
    'SELECT id, days FROM history_class ORDER BY id',
  );
  return rows;
};

const tablesOf = async (pattern: string) => {
  const { rows } = await db.pool.query<{ name: string }>(
    'SELECT relname::text AS name FROM pg_class WHERE relkind IN ($1, $2) AND relname ~ $3 ORDER BY 1',
    ['r', 'p', pattern],
  );
  return rows.map(({ name }) => name);
};

const eventKeptFor = (historyDays: number | null, fields: Partial<NewEvent> = {}): NewEvent =>
  newEvent({ payloadDays: historyDays, historyDays, ...fields });

/** Accepts an event of a tenant whose history is kept for a number of days. Returns its delivery to a new webhook. */
async function accepted(historyDays: number, webhook: WebhookRow = {}, fields: Partial<NewEvent> = {}) {
  await keepFor(historyDays);
  return acceptFor(webhook, eventKeptFor(historyDays, fields));
}

/** Returns the table of a delivery in the history, or `none`. */
async function tableOf(deliveryId: string): Promise<string> {
  const { rows } = await db.pool.query<{ name: string }>(
    'SELECT tableoid::regclass::text AS name FROM settled_delivery WHERE id = $1',
    [deliveryId],
  );
  return rows[0]?.name ?? 'none';
}

const classOfPending = async (deliveryId: string) => {
  const { rows } = await db.pool.query<{ n: number }>(
    'SELECT history_class AS n FROM pending_delivery WHERE id = $1',
    [deliveryId],
  );
  return rows[0]?.n;
};

/** The cutoffs of an installation that keeps history for 60 days, a number of days from now. */
const cutoffsIn = (days: number) =>
  retentionCutoffs({ recordDays: 60, payloadDays: null, auditDays: 60 }, dateIn(days));

/** Drops what has expired a number of days from now. Runs until no lock has timed out. */
async function dropAsOf(days: number, cutoffs: Partial<ReturnType<typeof cutoffsIn>> = {}) {
  for (;;) {
    const run = await dropExpiredPartitions(db.pool, { ...cutoffsIn(days), ...cutoffs });
    if (run.timedOut === null) return run;
  }
}

/** As if nothing had used the classes for more than an hour. */
const anHourLater = () =>
  db.pool.query(`UPDATE history_class SET unused_since = unused_since - interval '61 minutes'`);

async function free(): Promise<number> {
  const before = await freeHistoryClasses(db.pool);
  await anHourLater();
  return (before ?? 0) + ((await freeHistoryClasses(db.pool)) ?? 0);
}

describe('shorter retentions of history', () => {
  it('are two at a time, of tenants and event types; a third one is rejected and changes nothing', async () => {
    await keepFor(30);
    await keepTypeFor('a.b', 7);
    expect(await classes()).toEqual([
      { id: 1, days: 30 },
      { id: 2, days: 7 },
    ]);
    await expect(keepTypeFor('a.c', 3)).rejects.toMatchObject(inUse);
    await expect(keepFor(3)).rejects.toMatchObject(inUse);
    const actor = SYSTEM;
    const change = { settings: { historyDays: 3 }, actor, assertAllowed: () => {} };
    await expect(updateEventType(db.prisma, 'a.b', change)).rejects.toMatchObject(inUse);
    const { rows } = await db.pool.query('SELECT history_days FROM tenant WHERE id = $1', [
      DEFAULT_TENANT_ID,
    ]);
    expect(rows).toEqual([{ history_days: 30 }]);
    expect(await count('event_type')).toBe(1);
    await keepTypeFor('a.d', 30);
    const key = { id: newId(), key: 'phk_x', tenantId: null, name: 'n', scopes: [], expiresAt: null };
    const tenant = {
      id: newId(),
      name: 'n',
      externalId: null,
      contactEmail: null,
      locale: null,
      timeZone: null,
      tags: [],
      metadata: {},
      payloadDays: null,
      historyDays: 3,
      quotas: {},
      deliveryFormat: null,
    };
    await expect(createTenant(db.prisma, tenant, key, SYSTEM)).rejects.toMatchObject(inUse);
    expect((await createTenant(db.prisma, { ...tenant, historyDays: 7 }, key, SYSTEM))?.historyDays).toBe(7);
  });

  it('get one class when two callers set the first value at the same time', async () => {
    const types = ['a.1', 'a.2', 'a.3'];
    await Promise.all([keepFor(7), ...types.map((name) => keepTypeFor(name, 7))]);
    expect(await classes()).toEqual([{ id: 1, days: 7 }]);
  });

  it('get at most two classes when callers set several values at the same time', async () => {
    const results = await Promise.allSettled([1, 2, 3, 4].map((days) => keepTypeFor(`a.${days}`, days)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await count('event_type')).toBe(2);
    expect(await classes()).toHaveLength(2);
  });

  it('have partitions from yesterday to seven days ahead, created with the first value and by the maintenance', async () => {
    expect(await tablesOf('_class_[12]')).toEqual([]);
    await keepFor(7);
    const days = [-1, 0, 1, 2, 3, 4, 5, 6, 7];
    for (const table of ['settled_delivery_class_1', 'earlier_attempt_class_1'])
      expect(await tablesOf(`^${table}`)).toEqual(
        [table, ...days.map((day) => tableOfDay(table, day)), `${table}_default`].toSorted(),
      );
    // Four tables, and two of the class, and two of payloads.
    expect(await createPartitions(db.pool, dateIn(1))).toBe(4 + 2 + 2);
    expect(await tablesOf(tableOfDay('settled_delivery_class_1', 8))).toHaveLength(1);
    const { rows } = await db.pool.query<{ indexes: number[] }>(
      `SELECT array_agg(DISTINCT (SELECT count(*)::int FROM pg_index WHERE indrelid = inhrelid)) AS indexes
       FROM pg_inherits WHERE inhparent = 'settled_delivery_class_1'::regclass`,
    );
    expect(rows).toEqual([{ indexes: [9] }]);
  });

  it('are free again when nothing has had them for an hour, and no row is left', async () => {
    const { deliveryId } = await accepted(7);
    expect(await free()).toBe(0);
    await keepFor(null);
    expect(await free()).toBe(0); // It is pending.
    await fail(deliveryId);
    expect(await free()).toBe(0); // It is in the history.
    await dropAsOf(8);
    expect(await free()).toBe(1);
    expect(await classes()).toEqual([]);
    expect(await tablesOf('_class_[12]')).toEqual([]);
    await keepTypeFor('a.b', 3);
    expect(await classes()).toEqual([{ id: 1, days: 3 }]);
  });

  it('are not free before an hour, nor if they are set again meanwhile', async () => {
    await keepFor(7);
    await keepFor(null);
    expect(await freeHistoryClasses(db.pool)).toBe(0);
    expect(await freeHistoryClasses(db.pool)).toBe(0);
    await anHourLater();
    await keepFor(7);
    expect(await freeHistoryClasses(db.pool)).toBe(0);
    await keepFor(null);
    expect(await freeHistoryClasses(db.pool)).toBe(0);
    expect(await classes()).toHaveLength(1);
    await anHourLater();
    expect(await freeHistoryClasses(db.pool)).toBe(1);
  });

  it('are freed later behind a slow reader', async () => {
    await keepFor(7);
    await keepFor(null);
    await freeHistoryClasses(db.pool);
    await anHourLater();
    const reader = await db.pool.connect();
    await reader.query('BEGIN; SELECT FROM settled_delivery');
    expect(await freeHistoryClasses(db.pool)).toBeNull();
    await reader.query('COMMIT');
    reader.release();
    expect(await freeHistoryClasses(db.pool)).toBe(1);
  });
});

describe('a delivery of a shorter history', () => {
  it('keeps its class through attempts, the end, a retry and a replay', async () => {
    const { deliveryId, webhookId, event } = await accepted(7);
    const ofClass = tableOfDay('settled_delivery_class_1', 0);
    expect(await classOfPending(deliveryId)).toBe(1);
    expect(await recordNext(db.pool, [attemptOf(deliveryId)])).toEqual(['pending']);
    expect(await recordNext(db.pool, [attemptOf(deliveryId, { status: 'failed' })])).toEqual(['failed']);
    expect(await tableOf(deliveryId)).toBe(ofClass);
    expect(await count('earlier_attempt_class_1')).toBe(1);
    expect(await retry(deliveryId)).toMatchObject({ status: 'pending' });
    expect(await classOfPending(deliveryId)).toBe(1);
    expect(await count('earlier_attempt_class_1')).toBe(2);
    await fail(deliveryId);
    expect(await tableOf(deliveryId)).toBe(ofClass);
    await createReplay(db.pool, replayOfEvent(event.id), { actor: SYSTEM, snapshot: {} });
    const [replay] = await listRunningReplays(db.pool);
    if (!replay) throw new Error('The replay is not running');
    expect(await requeueReplayChunk(db.pool, replay, await selectReplayChunk(db.pool, replay, 10))).toEqual([
      deliveryId,
    ]);
    expect(await classOfPending(deliveryId)).toBe(1);
    expect(await recordNext(db.pool, [successOf(deliveryId)])).toEqual(['succeeded']);
    expect(await tableOf(deliveryId)).toBe(ofClass);
    // An attempt that was recorded too late.
    await recordAttempts(db.pool, [attemptOf(deliveryId)]);
    expect(await count('earlier_attempt_class_1')).toBe(3);
    expect([await count('earlier_attempt_class_0'), await count('settled_delivery_class_0')]).toEqual([0, 0]);
    expect(await count(`delivery WHERE webhook_id = '${webhookId}'`)).toBe(1);
  });

  it('is recorded with others that succeed at once, each in its own class', async () => {
    const short = await accepted(7);
    const [other] = await acceptEvents(db.pool, [newEvent()]);
    const otherId = other?.deliveries[0]?.id ?? '';
    const recorded = await recordAttempts(db.pool, [successOf(short.deliveryId), successOf(otherId)]);
    expect(recorded.map((each) => typeof each === 'object' && each.status)).toEqual([
      'succeeded',
      'succeeded',
    ]);
    expect(await tableOf(short.deliveryId)).toBe(tableOfDay('settled_delivery_class_1', 0));
    expect(await tableOf(otherId)).toBe(tableOfDay('settled_delivery', 0));
  });

  it.each([
    ['all', 1],
    ['installation', 2],
  ] as const)(
    'that succeeds at once is recorded among %s with statements: %i',
    async (histories, expected) => {
      const { deliveryId } = await accepted(7);
      const query = jest.spyOn(db.pool, 'query');
      await recordAttempts(db.pool, [successOf(deliveryId)], { histories });
      expect(query).toHaveBeenCalledTimes(expected);
      query.mockRestore();
      expect(await tableOf(deliveryId)).toBe(tableOfDay('settled_delivery_class_1', 0));
    },
  );

  it('of a webhook in order, or that is read with its feed, has the class too', async () => {
    const ordered = await accepted(7, { ordering: 'strict' });
    expect(await classOfPending(ordered.deliveryId)).toBe(1);
    const pulled = await accepted(7, { delivery: 'pull' });
    const { rows } = await db.pool.query(
      'SELECT history_class, status FROM settled_delivery WHERE webhook_id = $1',
      [pulled.webhookId],
    );
    expect(rows).toEqual([{ history_class: 1, status: 'available' }]);
  });

  it('is in a row of the same size as others', async () => {
    await keepFor(7);
    await db.pool.query(
      `WITH pending AS (
         INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, history_class)
         SELECT posthorn_uuidv7(), id, id, id, now(), 0, 1 FROM tenant LIMIT 1
       )
       INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, attempt_id,
         started_at, duration_ms, response_status, history_class)
       SELECT posthorn_uuidv7(), id, id, id, now(), 'succeeded', 0, 1, false, id, now(), 1, 200, 1 FROM tenant LIMIT 1`,
    );
    const { rows } = await db.pool.query(
      'SELECT ceil(pg_column_size(p.*) / 8.0) AS pending, ceil(pg_column_size(s.*) / 8.0) AS settled FROM pending_delivery p, settled_delivery s',
    );
    // As without the class. Rows take multiples of 8 bytes.
    expect(rows).toEqual([{ pending: '15', settled: '19' }]);
  });
});

describe('an event of a shorter history', () => {
  it('names the last day of its history, and its payload leaves with it', async () => {
    const attributes = { metadata: { customer: 'c-1' } };
    const { event } = await accepted(7, {}, { attributes });
    const found = await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS);
    expect(found).toMatchObject({ historyDay: dayIn(7), payloadDay: dayIn(7), body: event.body });
    expect(found?.context).toMatchObject(attributes);
  });

  it('has its payload in its own row if the installation keeps payloads for fewer days', async () => {
    await keepFor(7);
    const attributes = { metadata: { customer: 'c-1' } };
    const events = [
      eventKeptFor(7, { payloadDays: null, attributes }),
      eventKeptFor(7, { payloadDays: 3 }),
      eventKeptFor(null),
    ];
    await acceptEvents(db.pool, events);
    const found = await Promise.all(
      events.map(({ id }) => findEvent(db.prisma, { id, tenantId: null }, NO_PAYLOAD_KEYS)),
    );
    expect(found).toMatchObject([
      { historyDay: dayIn(7), payloadDay: undefined, body: events[0]?.body, context: attributes },
      { historyDay: dayIn(7), payloadDay: dayIn(3) },
      { historyDay: null, payloadDay: undefined, context: null },
    ]);
  });

  it('that was pushed days late has the payload no longer than the history of its day', async () => {
    await keepFor(7);
    await addWebhook(db.pool);
    const [late, tooLate] = [-3, -20].map((days) =>
      eventKeptFor(7, { id: derivedId(newId(), dateIn(days).getTime()), pushed: true }),
    );
    if (!late || !tooLate) throw new Error('two events expected');
    await acceptEvents(db.pool, [late, tooLate]);
    expect(await findEvent(db.prisma, { id: late.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      payloadDay: dayIn(4),
      historyDay: dayIn(4),
    });
    // It is kept until its delivery is settled.
    expect(await findEvent(db.prisma, { id: tooLate.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      payloadDay: null,
      historyDay: dayIn(-13),
      body: tooLate.body,
    });
  });

  it('is kept for as long as others if the value has no class any more', async () => {
    await addWebhook(db.pool);
    const event = eventKeptFor(7);
    const [stored] = await acceptEvents(db.pool, [event]);
    expect(await classOfPending(stored?.deliveries[0]?.id ?? '')).toBe(0);
    expect(
      (await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS))?.historyDay,
    ).toBeNull();
  });

  it('stays as it was accepted when the same push is accepted again after a change', async () => {
    const { event, deliveryId } = await accepted(7, {}, { pushed: true });
    for (const historyDays of [30, null]) {
      await keepFor(historyDays);
      expect(await acceptEvents(db.pool, [{ ...event, historyDays, payloadDays: historyDays }])).toEqual([]);
    }
    expect(await classOfPending(deliveryId)).toBe(1);
    expect((await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS))?.historyDay).toBe(
      dayIn(7),
    );
  });
});

describe('a shorter history', () => {
  it('is dropped by day, with its attempts, while other deliveries and the event stay', async () => {
    const { event, deliveryId } = await accepted(7);
    await recordNext(db.pool, [attemptOf(deliveryId)]);
    await fail(deliveryId);
    const [other] = await acceptEvents(db.pool, [newEvent()]);
    const otherId = other?.deliveries[0]?.id ?? '';
    await fail(otherId);
    await dropAsOf(7);
    expect(await tableOf(deliveryId)).toBe(tableOfDay('settled_delivery_class_1', 0));
    const { dropped } = await dropAsOf(8);
    // Yesterday and today.
    expect(dropped).toEqual({ event: 0, event_search_value: 0, settled_delivery: 1, earlier_attempt: 1 });
    expect(await tableOf(deliveryId)).toBe('none');
    expect(await count('earlier_attempt')).toBe(0);
    expect(await tableOf(otherId)).toBe(tableOfDay('settled_delivery', 0));
    expect(await acceptEvents(db.pool, [event])).toEqual([]);
    expect(await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      historyDay: dayIn(7),
    });
  });

  it('ends with the retention of the installation if that is shorter', async () => {
    const { deliveryId } = await accepted(30);
    await fail(deliveryId);
    await dropAsOf(3, { record: dayIn(0) });
    expect(await tableOf(deliveryId)).not.toBe('none');
    await dropAsOf(3, { record: dayIn(1) });
    expect(await tableOf(deliveryId)).toBe('none');
  });

  it('is kept while its usage is not counted', async () => {
    const { deliveryId } = await accepted(7);
    await fail(deliveryId);
    await dropAsOf(20, { counted: dayIn(0) });
    expect(await tableOf(deliveryId)).not.toBe('none');
    await dropAsOf(20, { counted: dayIn(1) });
    expect(await tableOf(deliveryId)).toBe('none');
  });

  it('is kept while one of its own deliveries is pending, not one of others', async () => {
    const { deliveryId, event } = await accepted(7);
    const [second, other] = [eventKeptFor(7), newEvent()];
    const stored = await acceptEvents(db.pool, [second, other]);
    expect(stored).toHaveLength(2);
    const secondId = stored.find(({ eventId }) => eventId === second.id)?.deliveries[0]?.id ?? '';
    await fail(deliveryId);
    const { needed } = await dropAsOf(8);
    expect(needed).toEqual([
      tableOfDay('settled_delivery_class_1', 0),
      tableOfDay('earlier_attempt_class_1', 0),
    ]);
    await fail(secondId);
    expect((await dropAsOf(8)).needed).toEqual([]);
    expect([await tableOf(deliveryId), await tableOf(secondId)]).toEqual(['none', 'none']);
    expect(await count('pending_delivery')).toBe(1);
    expect(event.id).not.toBe(second.id);
  });

  it('is part of the usage until it is dropped', async () => {
    const { deliveryId } = await accepted(7);
    await recordNext(db.pool, [attemptOf(deliveryId)]);
    await recordNext(db.pool, [attemptOf(deliveryId, { status: 'failed' })]);
    const usage = countedUsage({ from: "timestamptz '2000-01-01'", to: null });
    const { rows } = await db.pool.query(
      `SELECT sum(events)::integer AS events, sum(deliveries)::integer AS deliveries, sum(attempts)::integer AS attempts FROM (${usage}) AS u`,
    );
    expect(rows).toEqual([{ events: 1, deliveries: 1, attempts: 2 }]);
  });

  it('continues after an interruption', async () => {
    const { deliveryId } = await accepted(7);
    await fail(deliveryId);
    await db.pool.query(`SELECT posthorn_detach_partition('settled_delivery_class_1', $1)`, [dayIn(0)]);
    const name = `expired_${tableOfDay('settled_delivery_class_1', 0)}`;
    expect(await tablesOf(`^${name}$`)).toEqual([name]);
    expect((await dropAsOf(8)).dropped).toMatchObject({ settled_delivery: 2, earlier_attempt: 2 });
    expect(await tablesOf(`^${name}$`)).toEqual([]);
  });

  it('without a table for its day is reported, and deleted when it has expired', async () => {
    await keepFor(7);
    await addWebhook(db.pool);
    const old = eventKeptFor(7, { id: derivedId(newId(), dateIn(-5).getTime()), pushed: true });
    const [stored] = await acceptEvents(db.pool, [old]);
    const id = stored?.deliveries[0]?.id ?? '';
    await fail(id);
    expect(await tableOf(id)).toBe('settled_delivery_class_1_default');
    expect(await findDefaultPartitionRows(db.pool)).toContain('settled_delivery_class_1');
    expect(await deleteExpiredHistory(db.pool, cutoffsIn(2))).toMatchObject({
      settled_delivery_class_1_default: 0,
    });
    expect(await deleteExpiredHistory(db.pool, cutoffsIn(3))).toMatchObject({
      settled_delivery_class_1_default: 1,
    });
    expect(await tableOf(id)).toBe('none');
  });
});

describe('an attempt without a table for its day', () => {
  it('is kept while its delivery is pending', async () => {
    const { deliveryId } = await accepted(7);
    const id = derivedId(newId(), dateIn(-5).getTime());
    await recordNext(db.pool, [attemptOf(deliveryId, { id })]);
    const attemptsDeleted = async () => {
      const deleted = await deleteExpiredHistory(db.pool, cutoffsIn(3));
      return deleted['earlier_attempt_class_1_default'];
    };
    expect(await count('earlier_attempt_class_1_default')).toBe(1);
    expect(await attemptsDeleted()).toBe(0);
    await fail(deliveryId);
    expect(await attemptsDeleted()).toBe(1);
  });
});

describe('a retry at the moment of the drop', () => {
  it('that comes first keeps the history', async () => {
    const { deliveryId } = await accepted(7);
    await fail(deliveryId);
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query('DELETE FROM settled_delivery WHERE id = $1', [deliveryId]);
    const dropping = dropAsOf(8);
    await waitUntilBlocked(db.pool, 'posthorn_detach_partition');
    await client.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, history_class)
       VALUES ($1, $1, $1, $1, now(), 0, 1)`,
      [deliveryId],
    );
    await client.query('COMMIT');
    client.release();
    expect((await dropping).needed).toContain(tableOfDay('settled_delivery_class_1', 0));
    await fail(deliveryId);
    expect(await tableOf(deliveryId)).toBe(tableOfDay('settled_delivery_class_1', 0));
  });

  it('that comes second is rejected', async () => {
    const { deliveryId } = await accepted(7);
    await fail(deliveryId);
    const delivery = await findDelivery(db.prisma, { id: deliveryId, tenantId: null });
    if (!delivery) throw new Error('The delivery does not exist');
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(`SELECT posthorn_detach_partition('settled_delivery_class_1', $1)`, [dayIn(0)]);
    const retrying = retryDelivery(db.prisma, delivery, SYSTEM);
    await waitUntilBlocked(db.pool, 'attempt_count');
    await client.query('COMMIT');
    client.release();
    expect(await retrying).toBe('payload_expired');
    expect(await count('pending_delivery')).toBe(0);
  });
});
