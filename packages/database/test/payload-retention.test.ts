import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, derivedId, newId, searchDigest, SYSTEM } from '@posthorn/core';
import type { PoolClient, Pool } from 'pg';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { NO_PAYLOAD_KEYS } from '../src/encryption/payload-keys.js';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import { createEventType } from '../src/events/event-types.js';
import { findEvent, listEvents } from '../src/events/events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { readAcceptRules } from '../src/events/read-accept-rules.js';
import { readSearchValues } from '../src/events/read-search-values.js';
import { readFeed } from '../src/feed/read-feed.js';
import { measureRecovery } from '../src/replays/create-recovery.js';
import { createReplay } from '../src/replays/create-replay.js';
import { listRunningReplays } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { deleteSettledPayloads } from '../src/retention/delete-settled-payloads.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import { dropExpiredPayloads } from '../src/retention/drop-expired-payloads.js';
import { findDefaultPartitionRows } from '../src/retention/find-default-partition-rows.js';
import { searchEventsByValue } from '../src/search/search-events.js';
import { countedUsage } from '../src/usage/counted-usage.js';
import { addWebhook, newEvent, readDelivery, type WebhookRow } from './fixtures/rows.js';
import {
  dateIn,
  dayIn,
  EVENT_TYPE,
  replayOfWebhook,
  retentionSteps,
  tableOfDay,
} from './fixtures/shorter-retention.js';
import { useFreshDatabase } from './fixtures/use-database.js';
import { waitUntilBlocked } from './fixtures/wait-until-blocked.js';

const db = useFreshDatabase();
const { acceptFor, count, fail, keepFor: keep, retry } = retentionSteps(db);

const tableOf = (days: number) => tableOfDay('event_payload', days);
const SEARCHED_TYPE = { ...EVENT_TYPE, searchKeys: ['/id'] };

/** A value that nothing redacts. */
const searched = (value: string) => ({ digests: [searchDigest(value) ?? ''], redacts: false });
/** Keeps payloads of the default tenant for a number of days. */
const keepFor = (payloadDays: number | null) => keep({ payloadDays });

const TIME = '2031-01-31T12:00:00.500Z';
const eventKeptFor = (payloadDays: number, fields: Partial<NewEvent> = {}): NewEvent => {
  const id = newId();
  const body = JSON.stringify({ id, type: 'a.b', timestamp: TIME, data: { id: 'A-1' } });
  return newEvent({ id, body, payloadDays, ...fields });
};

/** Accepts an event of a tenant whose payloads are kept for a number of days. Returns its delivery to a new webhook. */
async function accepted(payloadDays: number, webhook: WebhookRow = {}, fields: Partial<NewEvent> = {}) {
  await keepFor(payloadDays);
  return acceptFor(webhook, eventKeptFor(payloadDays, fields));
}

const bodyOf = async (deliveryId: string, from = db.pool) => {
  const [loaded] = await loadDeliveries(from, [deliveryId]);
  return typeof loaded === 'object' ? loaded.body : loaded;
};

const clean = () => deleteSettledPayloads(db.pool, { after: null, maxMs: 10_000 });

/** Drops what has expired before a number of days from now. Runs until no lock has timed out. */
async function dropBefore(days: number) {
  const total = { days: 0, kept: 0 };
  for (;;) {
    const run = await dropExpiredPayloads(db.pool, dayIn(days));
    total.days += run.days;
    total.kept += run.kept;
    if (run.timedOut === null) return total;
  }
}

async function inTransaction<T>(
  run: (client: PoolClient) => Promise<T>,
): Promise<{ result: T; commit: () => Promise<void> }> {
  const client = await db.pool.connect();
  await client.query('BEGIN');
  const result = await run(client);
  return {
    result,
    async commit() {
      await client.query('COMMIT');
      client.release();
    },
  };
}

/** Keeps the payload of an event in a transaction, and makes its delivery pending, like a retry. Calls `begin` before. */
const makePending = (eventId: string, deliveryId: string, begin?: (client: PoolClient) => Promise<void>) =>
  inTransaction(async (client) => {
    await begin?.(client);
    const { rows } = await client.query<{ has: boolean }>(
      'SELECT posthorn_keep_payload(id, context) AS has FROM event WHERE id = $1',
      [eventId],
    );
    await client.query(
      `WITH removed AS (DELETE FROM settled_delivery WHERE id = $1 RETURNING *)
       INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
       SELECT id, event_id, webhook_id, tenant_id, now(), epoch FROM removed`,
      [deliveryId],
    );
    return rows[0]?.has;
  });

describe('an event whose payload is kept for fewer days', () => {
  it('has a row without payload, and its payload in the table of its day', async () => {
    const attributes = { metadata: { customer: 'c-1' }, idempotencyKey: 'k-1' };
    const traceContext = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const { event, deliveryId } = await accepted(7, {}, { attributes, traceContext });
    const { rows } = await db.pool.query('SELECT body, deflated_body, context FROM event WHERE id = $1', [
      event.id,
    ]);
    expect(rows).toEqual([
      {
        body: null,
        deflated_body: null,
        context: { payloadDay: dayIn(7), occurredAt: TIME, bytes: event.body.length },
      },
    ]);
    expect(await count(tableOf(7))).toBe(1);
    expect(await loadDeliveries(db.pool, [deliveryId])).toEqual([
      expect.objectContaining({ body: event.body, eventType: 'a.b', attributes, traceContext }),
    ]);
    expect(await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      body: event.body,
      occurredAt: TIME,
      context: { ...attributes, ...traceContext },
      payloadDay: dayIn(7),
    });
    const { items } = await listEvents(db.prisma, { tenantId: null }, { limit: 10 });
    expect(items).toEqual([expect.objectContaining({ id: event.id, occurredAt: TIME })]);
  });

  it('is stored like that in a batch with others, with keys, filters and search values', async () => {
    await keepFor(7);
    const webhookId = await addWebhook(db.pool);
    const searchValues = [{ digest: searchDigest('A-1') ?? '', pointer: '/id' }];
    const long = 'x'.repeat(1000);
    const events = [
      eventKeptFor(7, { searchValues, idempotencyKey: 'k' }),
      eventKeptFor(0, { searchValues }),
      newEvent({ searchValues }),
      eventKeptFor(7, { body: JSON.stringify({ timestamp: TIME, data: long }) }),
    ];
    const matches = { eventIds: [newId()], webhookIds: [newId()] };
    const stored = await acceptEvents(db.pool, events, matches);
    expect(stored).toHaveLength(4);
    const ids = stored.map(({ deliveries }) => deliveries[0]?.id ?? '');
    const loaded = await loadDeliveries(db.pool, ids);
    const bodies = new Map(
      loaded.map((each) => (typeof each === 'object' ? [each.delivery.eventId, each.body] : ['', ''])),
    );
    expect(events.map(({ id }) => bodies.get(id))).toEqual(events.map(({ body }) => body));
    expect(await count(`pending_delivery WHERE webhook_id = '${webhookId}'`)).toBe(4);
    expect([
      await count('event_payload'),
      await count('unsettled_payload'),
      await count('event WHERE body IS NOT NULL'),
    ]).toEqual([2, 1, 1]);
    // The event that is kept until it is settled is not found by its values.
    const found = await searchEventsByValue(db.pool, searched('A-1'), { tenantId: null, limit: 10 });
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining([events[2]?.id, events[0]?.id]));
    expect(
      await searchEventsByValue(db.pool, searched('A-1'), { tenantId: DEFAULT_TENANT_ID, limit: 1 }),
    ).toHaveLength(1);
  });

  it('shows the values at the search keys of its type', async () => {
    await createEventType(db.prisma, 'a.b', { ...SEARCHED_TYPE, payloadDays: 3 }, SYSTEM);
    const { event } = await accepted(3);
    const values = await readSearchValues(db.prisma, [event.id], {
      redacts: false,
      payloadKeys: NO_PAYLOAD_KEYS,
    });
    expect(values.get(event.id)).toMatchObject([{ value: 'A-1' }]);
    await dropBefore(4);
    await db.pool.query('DELETE FROM unsettled_payload');
    expect(
      (await readSearchValues(db.prisma, [event.id], { redacts: false, payloadKeys: NO_PAYLOAD_KEYS })).get(
        event.id,
      ),
    ).toEqual([]);
  });

  it('stays as it was accepted when the same push is accepted again after a change', async () => {
    await keepFor(7);
    await addWebhook(db.pool);
    const event = eventKeptFor(7, { pushed: true });
    expect(await acceptEvents(db.pool, [event, event])).toHaveLength(1);
    for (const payloadDays of [0, 3, null]) {
      await keepFor(payloadDays);
      expect(await acceptEvents(db.pool, [{ ...event, payloadDays }])).toEqual([]);
    }
    expect([await count('event_payload'), await count('unsettled_payload')]).toEqual([1, 0]);
    expect((await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS))?.payloadDay).toBe(
      dayIn(7),
    );
  });

  it('is deferred also when the others have another day', async () => {
    await keepFor(3);
    await keepFor(7);
    await addWebhook(db.pool);
    const stored = await acceptEvents(db.pool, [eventKeptFor(3), eventKeptFor(7), eventKeptFor(0)]);
    const ids = stored.map(({ deliveries }) => deliveries[0]?.id ?? '');
    expect(
      (await loadDeliveries(db.pool, ids, { maxPayloadBytes: 10 })).filter((each) => each === 'deferred'),
    ).toHaveLength(2);
  });

  it('is deferred when others of its batch have as many bytes as may be read', async () => {
    await keepFor(7);
    await addWebhook(db.pool);
    const stored = await acceptEvents(db.pool, [eventKeptFor(7), eventKeptFor(7), newEvent()]);
    const ids = stored.map(({ deliveries }) => deliveries[0]?.id ?? '').toSorted();
    expect(
      (await loadDeliveries(db.pool, ids, { maxPayloadBytes: 10 })).filter((each) => each === 'deferred'),
    ).toHaveLength(1);
  });
});

describe('an event without a shorter retention', () => {
  it('is stored and loaded with statements that name no table of payloads', async () => {
    const texts: string[] = [];
    const spy = {
      options: {},
      query: (query: { text: string }) => (texts.push(query.text), { rows: [] }),
    } as unknown as Pool;
    const matches = { eventIds: [], webhookIds: [], revisions: [] };
    await acceptEventsWithoutRules(spy, [newEvent()]);
    await acceptEventsWithoutRules(spy, [newEvent(), newEvent()]);
    await acceptEvents(spy, [newEvent({ idempotencyKey: 'k' })], matches);
    await loadDeliveries(spy, [newId()]);
    await loadDeliveries(spy, [newId(), newId()]);
    expect(texts).toHaveLength(5);
    expect(texts.filter((text) => /event_payload|unsettled_payload|history_class/.test(text))).toEqual([]);
  });

  it('is read with no further statement', async () => {
    await addWebhook(db.pool);
    const [stored] = await acceptEvents(db.pool, [newEvent()]);
    let statements = 0;
    const counting = {
      options: {},
      query: (...args: [string]) => ((statements += 1), db.pool.query(...args)),
    } as unknown as Pool;
    expect(await bodyOf(stored?.deliveries[0]?.id ?? '', counting)).toBe('{"a":1}');
    expect(statements).toBe(1);
  });
});

describe('the usage of a tenant', () => {
  it('has the bytes of payloads that are stored apart, also once they have expired', async () => {
    const { event } = await accepted(7);
    const bytes = async () => {
      const all = { from: "timestamptz '2000-01-01'", to: null };
      const { rows } = await db.pool.query<{ bytes: number }>(
        `SELECT sum(bytes)::integer AS bytes FROM (${countedUsage(all)}) AS u`,
      );
      return rows[0]?.bytes;
    };
    expect(await bytes()).toBe(event.body.length);
    await dropBefore(8);
    await db.pool.query('DELETE FROM unsettled_payload');
    expect(await bytes()).toBe(event.body.length);
  });
});

describe('the statements for events without rules', () => {
  it('store nothing if the tenant or the type has a retention', async () => {
    const [one, two] = [newEvent(), newEvent()];
    const accept = async () => [
      await acceptEventsWithoutRules(db.pool, [one]),
      await acceptEventsWithoutRules(db.pool, [one, two]),
    ];
    await keepFor(7);
    expect(await accept()).toEqual([null, null]);
    await keepFor(null);
    await createEventType(db.prisma, 'a.b', { ...EVENT_TYPE, payloadDays: 3 }, SYSTEM);
    expect(await accept()).toEqual([null, null]);
    const rules = await readAcceptRules(db.pool, {
      tenantIds: [DEFAULT_TENANT_ID],
      types: ['a.b'],
      patterns: [],
    });
    expect(rules.payloadDays).toEqual({ tenants: new Map(), types: new Map([['a.b', 3]]) });
    expect(await count('event')).toBe(0);
  });
});

describe('partitions of payloads', () => {
  it('exist once a retention is set, and are created ahead of it', async () => {
    const tables = async () =>
      (
        await db.pool.query<{ name: string }>(
          `SELECT relname AS name FROM pg_class WHERE relname ~ '^event_payload_\\d{8}$' ORDER BY 1`,
        )
      ).rows.map(({ name }) => name);
    expect(await tables()).toEqual([]);
    await createPartitions(db.pool, dateIn(0));
    await keepFor(30);
    expect(await tables()).toEqual([30, 31, 32, 33, 34, 35, 36, 37].map(tableOf));
    expect(await createPartitions(db.pool, dateIn(1))).toBe(4 + 2);
    expect(await tables()).toContain(tableOf(38));
  });

  it('get the payloads that were stored without them', async () => {
    const { event, deliveryId } = await accepted(7);
    await db.pool.query(`DROP TABLE ${tableOf(9)}`);
    await db.pool.query(`UPDATE tenant SET payload_days = 20`);
    const [stored] = await acceptEvents(db.pool, [eventKeptFor(20)]);
    const id = stored?.deliveries[0]?.id ?? '';
    expect(await findDefaultPartitionRows(db.pool)).toEqual(['event_payload']);
    expect(await bodyOf(id)).toContain('A-1');
    await createPartitions(db.pool, new Date());
    expect(await findDefaultPartitionRows(db.pool)).toEqual([]);
    expect(await count(tableOf(20))).toBe(1);
    expect([await bodyOf(id), await bodyOf(deliveryId)]).toEqual([
      expect.stringContaining('A-1'),
      event.body,
    ]);
  });
});

describe('a payload that has expired', () => {
  it('leaves with its search values when its day has passed, and its event stays', async () => {
    const searchValues = [{ digest: searchDigest('A-1') ?? '', pointer: '/id' }];
    const { event, deliveryId } = await accepted(7, {}, { searchValues });
    await fail(deliveryId);
    expect(await dropBefore(7)).toEqual({ days: 0, kept: 0 });
    expect(await dropBefore(8)).toEqual({ days: 1, kept: 0 });
    expect(await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      body: null,
      occurredAt: TIME,
    });
    expect(await searchEventsByValue(db.pool, searched('A-1'), { tenantId: null, limit: 10 })).toEqual([]);
    expect((await listEvents(db.prisma, { tenantId: null }, { limit: 10 })).items).toMatchObject([
      { id: event.id, occurredAt: TIME },
    ]);
    expect(await retry(deliveryId)).toBe('payload_expired');
    expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ status: 'failed' });
  });

  it('is kept while a delivery is pending, then deleted', async () => {
    const { deliveryId, event } = await accepted(7);
    expect(await dropBefore(8)).toEqual({ days: 1, kept: 1 });
    expect(await bodyOf(deliveryId)).toBe(event.body);
    expect(await clean()).toEqual({ deleted: 0, after: null });
    await fail(deliveryId);
    // It may be retried until the payload is gone.
    expect(await retry(deliveryId)).toMatchObject({ status: 'pending' });
    await fail(deliveryId);
    expect(await clean()).toEqual({ deleted: 1, after: null });
    expect(await retry(deliveryId)).toBe('payload_expired');
  });

  it('can be read at every moment of the drop, which the next run completes if the process is killed', async () => {
    const { deliveryId, event } = await accepted(7);
    await db.pool.query('SELECT posthorn_detach_payloads($1)', [dayIn(7)]);
    expect(await bodyOf(deliveryId)).toBe(event.body);
    // The kill may also be between copying and dropping.
    await db.pool.query(
      `INSERT INTO unsettled_payload SELECT event_id, body, deflated_body, context FROM ${tableOf(7)}`,
    );
    expect(await bodyOf(deliveryId)).toBe(event.body);
    expect(await dropBefore(0)).toEqual({ days: 0, kept: 0 });
    expect(await bodyOf(deliveryId)).toBe(event.body);
    expect(await count(`pg_class WHERE relname = '${tableOf(7)}'`)).toBe(0);
  });

  it('is not confused with a partition that was detached manually', async () => {
    await accepted(7);
    await db.pool.query(`ALTER TABLE event_payload DETACH PARTITION ${tableOf(7)}`);
    await dropBefore(8);
    expect(await count(tableOf(7))).toBe(1);
  });

  it('is kept if a delivery becomes pending at the moment of the drop', async () => {
    const { deliveryId, event } = await accepted(7);
    await fail(deliveryId);
    const retrying = await makePending(event.id, deliveryId);
    expect(retrying.result).toBe(true);
    const dropping = dropBefore(8);
    await waitUntilBlocked(db.pool, 'posthorn_detach_payloads');
    await retrying.commit();
    expect(await dropping).toEqual({ days: 1, kept: 1 });
    expect(await bodyOf(deliveryId)).toBe(event.body);
  });

  it('is kept in the default partition, too, while a delivery is pending', async () => {
    const { deliveryId, event } = await accepted(7);
    await db.pool.query(`ALTER TABLE event_payload DETACH PARTITION ${tableOf(7)}`);
    await db.pool.query(`INSERT INTO event_payload SELECT * FROM ${tableOf(7)}`);
    await db.pool.query(`DROP TABLE ${tableOf(7)}`);
    await dropBefore(8);
    expect(await findDefaultPartitionRows(db.pool)).toEqual([]);
    expect(await bodyOf(deliveryId)).toBe(event.body);
    await fail(deliveryId);
    expect((await clean()).deleted).toBe(1);
  });

  it('is left out by replays and recoveries', async () => {
    const { webhookId, deliveryId } = await accepted(7);
    const [kept] = await acceptEvents(db.pool, [newEvent()]);
    const keptId = kept?.deliveries[0]?.id ?? '';
    for (const id of [deliveryId, keptId]) await fail(id);
    const replay = replayOfWebhook(webhookId);
    expect(await createReplay(db.pool, replay, { actor: SYSTEM, snapshot: {} })).toMatchObject({ total: 2 });
    const [running] = await listRunningReplays(db.pool);
    if (!running) throw new Error('The replay is not running');
    const before = await selectReplayChunk(db.pool, running, 10);
    expect(before.deliveryIds).toHaveLength(2);
    await dropBefore(8);
    // It has expired between the two statements.
    expect(await requeueReplayChunk(db.pool, running, before)).toEqual([keptId]);
    expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ status: 'failed' });
    await fail(keptId);
    const recovery = { tenantId: null, webhookId, since: new Date(0), until: null, includeDropped: true };
    expect(await measureRecovery(db.pool, recovery)).toMatchObject({ total: 1 });
    const later = await createReplay(db.pool, { ...replay, id: newId() }, { actor: SYSTEM, snapshot: {} });
    expect(later).toMatchObject({ total: 1 });
  });

  it('is missing in the feed, whose entry stays', async () => {
    const { webhookId, event } = await accepted(7, { delivery: 'pull' });
    const page = async () => {
      const request = {
        webhookId,
        keyId: newId(),
        after: 0,
        limit: 10,
        maxBytes: 1000,
        payloadKeys: NO_PAYLOAD_KEYS,
      };
      return (await readFeed(db.prisma, request))?.entries;
    };
    expect(await page()).toMatchObject([{ event: { type: 'a.b', body: event.body } }]);
    await dropBefore(8);
    expect(await page()).toMatchObject([{ eventId: event.id, event: { type: 'a.b', body: null } }]);
  });
});

describe('a page of a feed', () => {
  it('ends before payloads that are too long for it', async () => {
    const { webhookId } = await accepted(7, { delivery: 'pull' });
    const all = { eventIds: [], webhookIds: [], revisions: [], hasSequences: true };
    await acceptEvents(db.pool, [eventKeptFor(7), eventKeptFor(0)], all);
    const request = { webhookId, keyId: newId(), limit: 10, payloadKeys: NO_PAYLOAD_KEYS };
    const entries = async (after: number, maxBytes: number) =>
      (await readFeed(db.prisma, { ...request, after, maxBytes }))?.entries.map(({ sequence }) => sequence);
    expect(await entries(0, 10)).toEqual([1]);
    expect(await entries(1, 150)).toEqual([2, 3]);
    expect(await entries(0, 1_000_000)).toEqual([1, 2, 3]);
  });
});

describe('a payload that is kept until all deliveries are settled', () => {
  it('is deleted when the last delivery is settled', async () => {
    const first = await addWebhook(db.pool);
    const { event, deliveryId } = await accepted(0);
    expect(await count('unsettled_payload')).toBe(1);
    expect(
      (await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS))?.payloadDay,
    ).toBeNull();
    const { rows } = await db.pool.query<{ id: string }>(
      'SELECT id FROM pending_delivery ORDER BY webhook_id = $1',
      [first],
    );
    for (const { id } of rows) {
      expect(await clean()).toEqual({ deleted: 0, after: null });
      expect(await bodyOf(id)).toBe(event.body);
      await fail(id);
    }
    expect(await clean()).toEqual({ deleted: 1, after: null });
    expect(await findEvent(db.prisma, { id: event.id, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      body: null,
      occurredAt: TIME,
    });
    expect(await retry(deliveryId)).toBe('payload_expired');
  });

  it('is deleted at once without deliveries, and kept for one that waits in an order', async () => {
    await keepFor(0);
    await acceptEvents(db.pool, [eventKeptFor(0)]);
    expect((await clean()).deleted).toBe(1);
    const { deliveryId } = await accepted(0, { ordering: 'strict' });
    const all = { eventIds: [], webhookIds: [], revisions: [], hasSequences: true };
    const [next] = (await acceptEvents(db.pool, [eventKeptFor(0)], all)) ?? [];
    await fail(deliveryId);
    expect((await clean()).deleted).toBe(1);
    expect(await bodyOf(next?.deliveries[0]?.id ?? '')).toContain('A-1');
  });

  it('is kept until the reader of a feed has passed it', async () => {
    const { webhookId } = await accepted(0, { delivery: 'pull' });
    expect((await clean()).deleted).toBe(0);
    await db.pool.query('UPDATE webhook_sequence SET cursor = 0 WHERE webhook_id = $1', [webhookId]);
    expect((await clean()).deleted).toBe(0);
    await db.pool.query('UPDATE webhook_sequence SET cursor = 1 WHERE webhook_id = $1', [webhookId]);
    expect((await clean()).deleted).toBe(1);
  });

  it('is kept for a feed without a reader until its event expires, or the webhook is deleted', async () => {
    const { event } = await accepted(0, { delivery: 'pull' });
    expect((await clean()).deleted).toBe(0);
    await db.pool.query('DELETE FROM event WHERE id = $1', [event.id]);
    expect((await clean()).deleted).toBe(1);
    const { webhookId } = await accepted(0, { delivery: 'pull' });
    await db.pool.query(`UPDATE webhook SET status = 'deleted' WHERE delivery = 'pull' AND id <> $1`, [
      webhookId,
    ]);
    expect((await clean()).deleted).toBe(0);
    await db.pool.query(`UPDATE webhook SET status = 'deleted' WHERE id = $1`, [webhookId]);
    expect((await clean()).deleted).toBe(1);
  });

  it('is deleted in batches, however many are kept before it', async () => {
    const { webhookId } = await accepted(0);
    await db.pool.query(
      `WITH ids AS (SELECT posthorn_uuidv7() AS id FROM generate_series(1, 1200)), pending AS (
         INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
         SELECT posthorn_delivery_id(id), id, $1, $2, now(), 0 FROM ids
       ) INSERT INTO unsettled_payload (event_id, body) SELECT id, '{}' FROM ids`,
      [webhookId, DEFAULT_TENANT_ID],
    );
    await db.pool.query('INSERT INTO unsettled_payload (event_id) VALUES ($1)', [
      derivedId('last', dateIn(1).getTime()),
    ]);
    const first = await deleteSettledPayloads(db.pool, { after: null, maxMs: 0.000_001 });
    expect(first).toEqual({ deleted: 0, after: expect.any(String) });
    expect(await deleteSettledPayloads(db.pool, { ...first, maxMs: 10_000 })).toEqual({
      deleted: 1,
      after: null,
    });
  });

  it('is kept by a delivery that is becoming pending', async () => {
    const { deliveryId, event } = await accepted(0);
    await fail(deliveryId);
    const retrying = await makePending(event.id, deliveryId);
    expect(retrying.result).toBe(true);
    // Does not wait for the retry.
    expect((await clean()).deleted).toBe(0);
    await retrying.commit();
    expect((await clean()).deleted).toBe(0);
    expect(await bodyOf(deliveryId)).toBe(event.body);
  });

  it('is not deleted by a run that looked before the delivery became pending', async () => {
    const { deliveryId, event } = await accepted(0);
    await fail(deliveryId);
    let cleaning: ReturnType<typeof clean> | undefined;
    const retrying = await makePending(event.id, deliveryId, async (client) => {
      // The run waits between both looks.
      await client.query('LOCK TABLE unsettled_payload IN EXCLUSIVE MODE');
      cleaning = clean();
      await waitUntilBlocked(db.pool, 'posthorn_delete_settled_payloads');
    });
    await retrying.commit();
    expect((await cleaning)?.deleted).toBe(0);
    expect(await bodyOf(deliveryId)).toBe(event.body);
  });

  it('makes a retry wait for a deletion, and rejects it then', async () => {
    const { deliveryId } = await accepted(0);
    await fail(deliveryId);
    const cleaning = await inTransaction((client) =>
      client.query(
        `SELECT deleted FROM posthorn_delete_settled_payloads('00000000-0000-0000-0000-000000000000', 10)`,
      ),
    );
    const retrying = retry(deliveryId);
    await waitUntilBlocked(db.pool, 'posthorn_keep_payload');
    await cleaning.commit();
    expect(await retrying).toBe('payload_expired');
  });

  it('leaves with its event', async () => {
    const { deliveryId } = await accepted(0);
    await fail(deliveryId);
    await clean();
    for (let timedOut: string | null = ''; timedOut !== null;)
      ({ timedOut } = await dropExpiredPartitions(db.pool, {
        record: dayIn(1),
        payload: dayIn(1),
        today: dayIn(1),
        counted: dayIn(1),
      }));
    expect([await count('event'), await count('unsettled_payload')]).toEqual([0, 0]);
  });
});
