// Encrypted payloads: what the database has of them, and that everything that reads them works.
import { describe, expect, it } from '@jest/globals';
import { derivedId, newId, searchDigest, searchValuesIn, SYSTEM, valueDigest } from '@posthorn/core';
import { isKeyMissing, isStatementTimeout, isTransient } from '../src/connection/transient.js';
import type { AttemptRecord } from '../src/deliveries/attempt-input.js';
import { listAttempts, listAttemptsOfDeliveries } from '../src/deliveries/list-attempts.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { storedResponse } from '../src/deliveries/stored-response.js';
import { openPayloadKeys, type PayloadKeys } from '../src/encryption/payload-keys.js';
import { rotateKeys } from '../src/encryption/rotate-keys.js';
import { countErasure, createErasure, readAcceptedUntil } from '../src/erasures/erasures.js';
import { advanceErasure, listRunningErasures } from '../src/erasures/run-erasure.js';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import { findEvent, listEvents, listWholeEvents } from '../src/events/events.js';
import { findRejectedEvent, listRejectedEvents } from '../src/events/list-rejected-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { readSearchValues } from '../src/events/read-search-values.js';
import { rejectEvents } from '../src/events/reject-events.js';
import { readFeed } from '../src/feed/read-feed.js';
import { deleteDataKeys } from '../src/retention/delete-data-keys.js';
import { searchEventsByValue } from '../src/search/search-events.js';
import { sealedForm } from '../src/events/accepted-form.js';
import { countedUsage } from '../src/usage/counted-usage.js';
import { columnsWith } from './fixtures/columns-with.js';
import { payloadSealer, startProcess } from './fixtures/payload-process.js';
import { addTenant, addWebhook, attemptOf, newEvent, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const sealer = payloadSealer();
const TIME = '2031-01-01T00:00:00.000Z';
const KEY = '/customer/id';
const ALL = { eventIds: [], webhookIds: [], revisions: [] };

/** Returns a text that nothing else contains. */
const newSecret = (): string => `zebra-${newId()}`;

/** Returns an event whose body has a secret, of a length that is deflated or not. */
function eventWith(tenantId: string, secret: string, event: Partial<NewEvent> & { padding?: number } = {}) {
  const { padding = 0, ...fields } = event;
  const data = { customer: { id: secret }, padding: 'x'.repeat(padding) };
  const body = JSON.stringify({ id: 'evt', type: 'a.b', timestamp: TIME, data });
  const searchValues = searchValuesIn(JSON.stringify(data), [KEY]);
  return newEvent({ tenantId, body, searchValues, ...fields });
}

async function accept(payloadKeys: PayloadKeys, events: readonly NewEvent[]) {
  const accepted = await acceptEvents(db.pool, events, { ...ALL, payloadKeys });
  if (!accepted) throw new Error('not accepted');
  return accepted.map(({ deliveries }) => deliveries[0]?.id ?? '');
}

/** Records an attempt as a worker does. */
async function record(
  payloadKeys: PayloadKeys,
  attempt: AttemptRecord,
  tenantId: string,
): Promise<AttemptRecord> {
  const stored = { ...attempt, ...(await storedResponse({ ...attempt, tenantId }, payloadKeys)) };
  await recordNext(db.pool, [stored]);
  return stored;
}

const responseWith = (secret: string) => ({
  responseBody: `no, ${secret}`,
  responseHeaders: JSON.stringify({ 'x-reason': secret }),
  errorMessage: `failed: ${secret}`,
});

async function newTenant() {
  const tenantId = await addTenant(db.pool);
  return { tenantId, webhookId: await addWebhook(db.pool, { tenantId }) };
}

const columnsOf = (secret: string) => columnsWith(db.pool, secret);

/** Returns the events that have a value. */
const search = async (payloadKeys: PayloadKeys, value: string, tenantId: string | null) => {
  const digests = (await payloadKeys.searchDigests(tenantId))(searchDigest(value) ?? '');
  const found = await searchEventsByValue(db.pool, { digests, redacts: false }, { tenantId, limit: 10 });
  return found.map(({ id }) => id);
};

const hasKey = async (tenantId: string) =>
  (await db.pool.query('SELECT FROM payload_key WHERE tenant_id = $1', [tenantId])).rowCount === 1;

describe('an encrypted payload', () => {
  it.each([
    ['short', {}],
    ['deflated', { padding: 1000 }],
    ['large', { padding: 100_000 }],
    ['with its own retention', { payloadDays: 7 }],
    ['until it is settled', { payloadDays: 0 }],
    ['with a shorter history', { payloadDays: 7, historyDays: 7 }],
  ])('%s: is nowhere in the database, and read as it was accepted', async (_what, fields) => {
    const keys = startProcess(db.pool, sealer);
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const event = eventWith(tenantId, secret, fields);
    const [deliveryId = ''] = await accept(keys, [event, eventWith(tenantId, secret, fields)]);
    expect(await columnsOf(secret)).toEqual([]);

    const reader = startProcess(db.pool, sealer, { encrypts: false });
    expect(await loadDeliveries(db.pool, [deliveryId], { payloadKeys: reader })).toMatchObject([
      { body: event.body, isErased: false, attributes: null },
    ]);
    expect(await findEvent(db.prisma, { id: event.id, tenantId }, reader)).toMatchObject({
      body: event.body,
      occurredAt: TIME,
      isErased: false,
    });
    const { items } = await listWholeEvents(db.prisma, { tenantId, payloadKeys: reader }, { limit: 10 });
    expect(items.find(({ id }) => id === event.id)).toMatchObject({ body: event.body });
    expect((await listEvents(db.prisma, { tenantId }, { limit: 10 })).items).toMatchObject([
      { occurredAt: TIME, isErased: false },
      { occurredAt: TIME },
    ]);
  });

  it('is sealed by the statement for one event, too, and counts with its length', async () => {
    const keys = startProcess(db.pool, sealer);
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const event = eventWith(tenantId, secret, { padding: 500 });
    const options = { payloadKeys: keys, withStored: true };
    const accepted = await acceptEventsWithoutRules(db.pool, [{ ...event, searchValues: [] }], options);
    expect(accepted).toMatchObject([{ deliveries: [{ stored: { epoch: 0 } }] }]);
    expect(await columnsOf(secret)).toEqual([]);
    const { rows } = await db.pool.query(
      `SELECT bytes::integer FROM (${countedUsage({ from: 'to_timestamp(0)', to: null, where: `t.tenant_id = '${tenantId}'` })}) AS u
       WHERE events > 0`,
    );
    expect(rows).toEqual([{ bytes: event.body.length }]);
  });

  it('opens for its own event only', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    const [one, other] = [eventWith(tenantId, newSecret()), eventWith(tenantId, newSecret())];
    await accept(keys, [one, other]);
    await db.pool.query(
      'UPDATE event SET deflated_body = (SELECT deflated_body FROM event WHERE id = $2) WHERE id = $1',
      [one.id, other.id],
    );
    await expect(findEvent(db.prisma, { id: one.id, tenantId }, keys)).rejects.toThrow();
  });

  it('is read in a feed', async () => {
    const keys = startProcess(db.pool, sealer);
    const tenantId = await addTenant(db.pool);
    const webhookId = await addWebhook(db.pool, { tenantId, sequenced: true, delivery: 'pull' });
    const events = [eventWith(tenantId, newSecret()), eventWith(tenantId, newSecret(), { payloadDays: 7 })];
    await acceptEvents(db.pool, events, { ...ALL, payloadKeys: keys, hasSequences: true });
    const request = { webhookId, keyId: newId(), after: 0, limit: 10, maxBytes: 1e6 };
    const page = await readFeed(db.prisma, { ...request, payloadKeys: startProcess(db.pool, sealer) });
    expect(page?.entries.map(({ event }) => event?.body)).toEqual(events.map(({ body }) => body));
  });

  it('is loaded in parts, as a plain one', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    const ids = await accept(
      keys,
      [1, 2, 3].map(() => eventWith(tenantId, newSecret())),
    );
    const loaded = await loadDeliveries(db.pool, ids.toSorted(), { payloadKeys: keys, maxPayloadBytes: 10 });
    expect(loaded).toMatchObject([{ isErased: false }, 'deferred', 'deferred']);
  });
});

describe('what receivers respond', () => {
  it('is sealed when a delivery fails, is retried and succeeds', async () => {
    const keys = startProcess(db.pool, sealer);
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const [id = ''] = await accept(keys, [eventWith(tenantId, secret)]);
    const response = responseWith(secret);
    const failed = attemptOf(id, { ...response, errorCode: 'network_error', responseStatus: null });
    await record(keys, failed, tenantId);
    await record(keys, { ...successOf(id), responseBody: `yes, ${secret}` }, tenantId);
    expect(await columnsOf(secret)).toEqual([]);

    const reader = startProcess(db.pool, sealer, { encrypts: false });
    const expected = [
      { responseBody: `yes, ${secret}`, responseHeaders: null, errorMessage: null, responseStatus: 200 },
      { ...response, errorCode: 'network_error' },
    ];
    const page = { limit: 10, payloadKeys: reader };
    expect((await listAttempts(db.prisma, id, page)).items).toMatchObject(expected);
    const exported = { tenantId, deliveryIds: [id], limit: 10, payloadKeys: reader };
    expect(await listAttemptsOfDeliveries(db.prisma, exported)).toMatchObject(expected.toReversed());
  });

  it('cannot be taken for sealed, whatever it is', async () => {
    const { tenantId } = await newTenant();
    const plain = startProcess(db.pool, sealer, { encrypts: false });
    const bodies = ['\u0001AAAA', '\u0001\u0001x', '\u0001', ''];
    const ids = await accept(
      plain,
      bodies.map(() => eventWith(tenantId, newSecret())),
    );
    for (const [index, id] of ids.entries()) {
      await record(plain, { ...successOf(id), responseBody: bodies[index] ?? null }, tenantId);
      const { items } = await listAttempts(db.prisma, id, { limit: 1, payloadKeys: plain });
      expect(items).toMatchObject([{ responseBody: bodies[index] }]);
    }
  });
});

describe('a rejected payload', () => {
  it('is sealed with the key of its tenant, or of the system', async () => {
    const keys = startProcess(db.pool, sealer);
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const payload = JSON.stringify({ data: secret });
    const rejection = { source: 'stream', code: 'invalid', message: 'no', type: 'a.b', payload } as const;
    const [unknown, externalId] = [newId(), newId()];
    await db.pool.query('UPDATE tenant SET external_id = $2 WHERE id = $1', [tenantId, externalId]);
    await rejectEvents(
      db.pool,
      [
        { ...rejection, tenantId },
        { ...rejection, tenantId: null },
        { ...rejection, tenantId: unknown },
        { ...rejection, tenantId: null, externalId },
      ],
      keys,
    );
    expect(await columnsOf(secret)).toEqual([]);
    const reader = startProcess(db.pool, sealer, { encrypts: false });
    const filter = { tenantId, withoutTenant: true, payloadKeys: reader };
    const { items } = await listRejectedEvents(db.prisma, filter, { limit: 4 });
    const bare = '{"type":"a.b","payload":null}';
    // No erasure would find the payload of a tenant that does not exist.
    expect(items.map((event) => event.payload)).toEqual([payload, bare, bare, payload]);
    expect(items.map((event) => event.tenantId)).toEqual([tenantId, null, null, tenantId]);
    expect(items[1]?.message).toBe('no Its data is not stored, because its tenant is unknown.');
    const id = items[0]?.id ?? '';
    expect(await findRejectedEvent(db.prisma, { id, tenantId: null }, reader)).toMatchObject({ payload });
    const { rows } = await db.pool.query('SELECT FROM payload_key WHERE tenant_id = $1', [unknown]);
    expect(rows).toEqual([]);
  });

  it('is sealed again if its data key no longer exists', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    await keys.forPayloads([tenantId]);
    await db.pool.query('DELETE FROM payload_key WHERE tenant_id = $1', [tenantId]);
    const rejection = {
      tenantId,
      source: 'stream',
      code: 'invalid',
      message: 'no',
      type: null,
      payload: '[1]',
    } as const;
    await rejectEvents(db.pool, [rejection], keys);
    const filter = { tenantId, withoutTenant: false, payloadKeys: startProcess(db.pool, sealer) };
    expect((await listRejectedEvents(db.prisma, filter, { limit: 2 })).items).toMatchObject([
      { payload: '[1]' },
    ]);
  });
});

describe('a search value', () => {
  it('has a digest of its own in each tenant, and is found with those from before the setting', async () => {
    const keys = startProcess(db.pool, sealer);
    const before = startProcess(db.pool, sealer, { encrypts: false });
    const secret = newSecret();
    const [one, other] = [await newTenant(), await newTenant()];
    const events = [
      eventWith(one.tenantId, secret),
      eventWith(one.tenantId, secret),
      eventWith(other.tenantId, secret, { payloadDays: 7 }),
    ] as const;
    await accept(before, [events[0]]);
    await accept(keys, [events[1], events[2]]);
    const { rows } = await db.pool.query<{ digest: string }>(
      `SELECT digest FROM event_search_value WHERE event_id = ANY ($1) UNION ALL
       SELECT digest FROM event_payload_value WHERE event_id = ANY ($1)`,
      [events.map(({ id }) => id)],
    );
    expect(new Set(rows.map(({ digest }) => digest)).size).toBe(3);
    expect(rows.filter(({ digest }) => digest === searchDigest(secret))).toHaveLength(1);

    const reader = startProcess(db.pool, sealer, { encrypts: false });
    expect(await search(reader, secret, one.tenantId)).toEqual([events[1].id, events[0].id]);
    expect(await search(reader, secret, null)).toEqual(events.map(({ id }) => id).toReversed());
    expect(await search(startProcess(db.pool, null), secret, null)).toEqual([events[0].id]);
  });

  it('is not searched for in more tenants than a search can read', async () => {
    const keys = startProcess(db.pool, sealer);
    await db.pool.query(
      `WITH created AS (
         INSERT INTO tenant (id, name) SELECT gen_random_uuid(), 'many ' || i FROM generate_series(1, 1001) i RETURNING id
       )
       INSERT INTO payload_key (id, tenant_id, sealed_key) SELECT gen_random_uuid(), id, 'unread' FROM created`,
    );
    const error = await keys.searchDigests(null).catch((reason: unknown) => reason);
    expect(isStatementTimeout(error)).toBe(true);
    await db.pool.query(`DELETE FROM tenant WHERE name LIKE 'many %'`);
  });

  it('is shown with its event', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    const type = `type.${newId()}`;
    await db.pool.query(`INSERT INTO event_type (name, search_keys) VALUES ($1, ARRAY[$2])`, [type, KEY]);
    const [small, large] = [newSecret(), newSecret()];
    const events = [
      eventWith(tenantId, small, { type }),
      eventWith(tenantId, small, { type, payloadDays: 7 }),
      eventWith(tenantId, large, { type, padding: 40_000 }),
    ];
    await accept(keys, events);
    const values = await readSearchValues(
      db.prisma,
      events.map(({ id }) => id),
      { redacts: false, payloadKeys: keys },
    );
    expect(events.map(({ id }) => values.get(id))).toMatchObject([
      [{ value: small }],
      [{ value: small }],
      undefined,
    ]);
  });
});

describe('a data key', () => {
  it('is used by all processes, also if the one that created it was killed before it stored anything', async () => {
    const { tenantId } = await newTenant();
    const processes = Array.from({ length: 5 }, () => startProcess(db.pool, sealer));
    const created = await Promise.all(processes.map((keys) => keys.forPayloads([tenantId])));
    const ids = new Set(created.map((keys) => keys.get(tenantId)?.id));
    expect(ids.size).toBe(1);
    const event = eventWith(tenantId, newSecret());
    await accept(startProcess(db.pool, sealer), [event]);
    const { rows } = await db.pool.query(
      'SELECT id FROM payload_key WHERE tenant_id = $1 AND month IS NOT NULL',
      [tenantId],
    );
    expect(rows).toEqual([{ id: [...ids][0] }]);
  });

  it.each([1, 2])('that a failover has lost seals nothing: %i events', async (count) => {
    const [lost, other] = [startProcess(db.pool, sealer), startProcess(db.pool, sealer)];
    const { tenantId } = await newTenant();
    const newEvents = () =>
      Array.from({ length: count }, () => ({ ...eventWith(tenantId, newSecret()), searchValues: [] }));
    const acceptAll = (events: NewEvent[]) =>
      acceptEventsWithoutRules(db.pool, events, { payloadKeys: lost });
    await acceptAll(newEvents());
    await db.pool.query('DELETE FROM payload_key WHERE tenant_id = $1', [tenantId]);
    // Another process creates a key for the same month.
    await accept(other, newEvents());
    const events = newEvents();
    expect(await acceptAll(events)).toBeNull();
    expect(await acceptAll(events)).toHaveLength(count);
    for (const { id, body } of events)
      expect(await findEvent(db.prisma, { id, tenantId }, other)).toMatchObject({ body });
  });

  it('is another one in the next month, and both open what they have sealed', async () => {
    let now = new Date('2031-01-31T23:59:59Z');
    const keys = startProcess(db.pool, sealer, { now: () => now });
    const { tenantId } = await newTenant();
    const events = [eventWith(tenantId, newSecret()), eventWith(tenantId, newSecret())];
    for (const event of events) {
      await accept(keys, [event]);
      now = new Date('2031-02-01T00:00:00Z');
    }
    const { rows } = await db.pool.query(
      'SELECT month::text FROM payload_key WHERE tenant_id = $1 AND month IS NOT NULL ORDER BY month',
      [tenantId],
    );
    expect(rows).toEqual([{ month: '2031-01-01' }, { month: '2031-02-01' }]);
    for (const { id, body } of events)
      expect(await findEvent(db.prisma, { id, tenantId }, keys)).toMatchObject({ body });
  });

  it('is not created for a tenant that does not exist', async () => {
    const keys = startProcess(db.pool, sealer);
    const event = eventWith(newId(), newSecret());
    expect(await acceptEvents(db.pool, [event], { ...ALL, payloadKeys: keys })).toBeNull();
  });

  it('that was destroyed erases what it has sealed', async () => {
    const [{ tenantId }, keys] = [await newTenant(), startProcess(db.pool, sealer)];
    const event = eventWith(tenantId, newSecret());
    const [id = ''] = await accept(keys, [event]);
    await record(keys, attemptOf(id), tenantId);
    await db.pool.query('DELETE FROM payload_key WHERE tenant_id = $1', [tenantId]);
    const reader = startProcess(db.pool, sealer);
    const erased = { body: null, isErased: true };
    expect(await findEvent(db.prisma, { id: event.id, tenantId }, reader)).toMatchObject(erased);
    expect(await loadDeliveries(db.pool, [id], { payloadKeys: reader })).toMatchObject([erased]);
    const { items } = await listAttempts(db.prisma, id, { limit: 1, payloadKeys: reader });
    expect(items).toMatchObject([{ responseStatus: 500, responseBody: null }]);
  });
});

describe('a batch of large payloads', () => {
  it('lets others run while it is sealed', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    const events = Array.from({ length: 64 }, () => eventWith(tenantId, newSecret(), { padding: 250_000 }));
    // Its data keys are in memory then, so that nothing else waits.
    await sealedForm(events.slice(0, 1), keys);
    const first = await Promise.race([
      sealedForm(events, keys).then(() => 'sealed'),
      new Promise((resolve) => setTimeout(resolve, 0, 'timer')),
    ]);
    expect(first).toBe('timer');
  });
});

describe('processes with different settings', () => {
  it('work side by side: both read what each of them has stored', async () => {
    const [on, off] = [startProcess(db.pool, sealer), startProcess(db.pool, sealer, { encrypts: false })];
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const events = [eventWith(tenantId, secret), eventWith(tenantId, secret)];
    const [sealed = '', plain = ''] = [
      ...(await accept(on, events.slice(0, 1))),
      ...(await accept(off, events.slice(1))),
    ];
    for (const payloadKeys of [on, off])
      expect(await loadDeliveries(db.pool, [sealed, plain], { payloadKeys })).toMatchObject(
        events.map(({ body }) => ({ body })),
      );
  });

  it('wait with what is sealed until they have the key', async () => {
    const { tenantId } = await newTenant();
    const [id = ''] = await accept(startProcess(db.pool, sealer), [eventWith(tenantId, newSecret())]);
    const without = startProcess(db.pool, null);
    const error = await loadDeliveries(db.pool, [id], { payloadKeys: without }).catch(
      (reason: unknown) => reason,
    );
    expect(String(error)).toMatch(/^Error: Payloads are encrypted, and POSTHORN_PAYLOAD_KEY [^\n]+$/);
    expect(isTransient(error)).toBe(true);
  });

  it('read and seal for others when the data key of a tenant cannot be opened', async () => {
    const [damaged, other] = [await newTenant(), await newTenant()];
    const ids = await accept(startProcess(db.pool, sealer), [
      eventWith(damaged.tenantId, newSecret()),
      eventWith(other.tenantId, newSecret()),
    ]);
    await db.pool.query(`UPDATE payload_key SET sealed_key = 'damaged' WHERE tenant_id = $1`, [
      damaged.tenantId,
    ]);
    const keys = startProcess(db.pool, sealer);
    const load = (...loaded: string[]) => loadDeliveries(db.pool, loaded, { payloadKeys: keys });
    const error = await load(...ids).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/^Error: Payloads are encrypted, and POSTHORN_PAYLOAD_KEY [^\n]+$/);
    // A worker reads each of them again alone.
    expect(isTransient(error)).toBe(false);
    expect(await load(ids[1] ?? '')).toMatchObject([{ body: expect.any(String) }]);
    const sealing = await keys.forPayloads([damaged.tenantId]).catch((reason: unknown) => reason);
    expect([isKeyMissing(sealing), isTransient(sealing)]).toEqual([true, true]);
  });

  it('seal no more with a data key that another one has replaced', async () => {
    const { tenantId } = await newTenant();
    const worker = startProcess(db.pool, sealer);
    const keyOf = async () => (await worker.forPayloads([tenantId])).get(tenantId)?.id;
    const lost = await keyOf();
    await db.pool.query('DELETE FROM payload_key WHERE tenant_id = $1', [tenantId]);
    const ids = await accept(startProcess(db.pool, sealer), [eventWith(tenantId, newSecret())]);
    expect(await keyOf()).toBe(lost);
    await loadDeliveries(db.pool, ids, { payloadKeys: worker });
    const { rows } = await db.pool.query<{ id: string }>(
      'SELECT id FROM payload_key WHERE tenant_id = $1 AND month IS NOT NULL',
      [tenantId],
    );
    expect([await keyOf()]).toEqual(rows.map(({ id }) => id));
  });

  it.each([
    ['with their events', [null, null]],
    ['for different days', [3, 7]],
  ])(
    'read a limited number of bytes at a time, as they are when they are opened: %s',
    async (_what, days) => {
      const { tenantId } = await newTenant();
      const keys = startProcess(db.pool, sealer);
      const large = days.map((payloadDays) =>
        eventWith(tenantId, newSecret(), { padding: 100_000, payloadDays }),
      );
      const ids = await accept(keys, large);
      const loaded = await loadDeliveries(db.pool, ids, { payloadKeys: keys, maxPayloadBytes: 50_000 });
      expect(loaded.filter((each) => each === 'deferred')).toHaveLength(1);
    },
  );

  it('do not start without the key', async () => {
    const { tenantId } = await newTenant();
    await startProcess(db.pool, sealer).forPayloads([tenantId]);
    await expect(openPayloadKeys(db.pool, { keys: null, encrypts: false })).rejects.toThrow(
      'POSTHORN_PAYLOAD_KEY is required: this database has encrypted payloads',
    );
  });
});

describe('the data keys of a month', () => {
  const PAST = new Date('2001-03-15T12:00:00Z');
  const [MONTH_ENDED, LATER] = [new Date('2001-04-02T00:00:00Z'), new Date('2001-04-05T00:00:00Z')];
  const EVENT_ID = derivedId('an old event', PAST.getTime());

  /** Creates a key of March 2001. Returns its tenant. */
  async function keyOfMarch(): Promise<string> {
    const { tenantId } = await newTenant();
    await startProcess(db.pool, sealer, { now: () => PAST }).forPayloads([tenantId]);
    return tenantId;
  }

  it('leave when nothing is left that they may have sealed, and never that of search values', async () => {
    const tenantId = await keyOfMarch();
    await startProcess(db.pool, sealer).forSearchValues([tenantId]);
    expect(await deleteDataKeys(db.pool, MONTH_ENDED)).toBe(0);
    expect(await deleteDataKeys(db.pool, LATER)).toBe(1);
    const { rows } = await db.pool.query('SELECT month FROM payload_key WHERE tenant_id = $1', [tenantId]);
    expect(rows).toEqual([{ month: null }]);
  });

  it.each([
    ['event', `INSERT INTO event (id, tenant_id, type, published_at) VALUES ($1, $2, 'a', now())`],
    [
      'event_payload',
      `INSERT INTO event_payload (event_id, expires_on, context) VALUES ($1, '2001-05-01', jsonb_build_object('x', $2::uuid))`,
    ],
    [
      'unsettled_payload',
      `INSERT INTO unsettled_payload (event_id, context) VALUES ($1, jsonb_build_object('x', $2::uuid))`,
    ],
    [
      'pending_delivery',
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch) VALUES ($1, $1, $1, $2, now(), 0)`,
    ],
    [
      'settled_delivery',
      `INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before)
       VALUES ($1, $1, $1, $2, now(), 'failed', 0, 1, false)`,
    ],
    [
      'earlier_attempt',
      `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number) VALUES ($1, $1, $1, $1, $2, now(), 1, 1)`,
    ],
    [
      'rejected_event',
      `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload) VALUES ($1, $2, 'stream', 'x', 'x', '{}')`,
    ],
  ])('stay while there is a row of %s', async (table, insert) => {
    const tenantId = await keyOfMarch();
    await db.pool.query(insert, [EVENT_ID, tenantId]);
    expect(await deleteDataKeys(db.pool, LATER)).toBe(0);
    await db.pool.query(`TRUNCATE ${table}`);
    expect(await hasKey(tenantId)).toBe(true);
    expect(await deleteDataKeys(db.pool, LATER)).toBe(1);
  });
});

it('a rotation of the payload key seals the data keys again while events are accepted', async () => {
  const [old, next] = [payloadSealer(), payloadSealer()];
  const during = {
    ...next,
    keyIds: [next.keyId, old.keyId],
    open: (sealed: string, context: string) =>
      (sealed.startsWith(`v1.${old.keyId}.`) ? old : next).open(sealed, context),
  };
  await db.pool.query('TRUNCATE payload_key, encryption_key');
  const running = startProcess(db.pool, old);
  await running.register();
  const { tenantId } = await newTenant();
  const events: NewEvent[] = [];
  const acceptOne = async () => {
    const event = eventWith(tenantId, newSecret());
    events.push(event);
    await accept(running, [event]);
  };
  await acceptOne();
  await db.pool.query(`UPDATE encryption_key SET used_at = now() - interval '1 hour'`);
  for await (const step of rotateKeys({ pool: db.pool, purpose: 'payload', sealer: during, pauseMs: 1 })) {
    await acceptOne();
    expect(['resealed', 'retired']).toContain(step.kind);
  }
  const after = startProcess(db.pool, next);
  for (const { id, body } of events)
    expect(await findEvent(db.prisma, { id, tenantId }, after)).toMatchObject({ body });
});

describe('an erasure', () => {
  const deps = {
    erasePushes: async () => true,
    rewriteFiles: async () => 1,
    onDropped: async () => {},
  };

  async function eraseAll(id: string, payloadKeys: PayloadKeys): Promise<void> {
    for (let rounds = 0; rounds < 5; rounds += 1) {
      for (const erasure of await listRunningErasures(db.pool))
        if (erasure.id === id)
          while (await advanceErasure(erasure, { ...deps, pool: db.pool, payloadKeys })) {
            const next = (await listRunningErasures(db.pool)).find((each) => each.id === id);
            if (!next) return;
            Object.assign(erasure, next);
          }
      await db.pool.query(`UPDATE erasure SET quiet_at = now() - interval '1 second'`);
      await db.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
      await db.pool.query(`UPDATE settled_delivery SET settled_at = settled_at - interval '1 hour'`);
    }
  }

  it('of a person finds and removes what is sealed', async () => {
    const keys = startProcess(db.pool, sealer);
    const [{ tenantId }, secret] = [await newTenant(), newSecret()];
    const events = [
      eventWith(tenantId, secret),
      eventWith(tenantId, secret, { searchValues: [], padding: 1000 }),
      eventWith(tenantId, 'other'),
    ];
    const [first = ''] = await accept(keys, events);
    await record(keys, attemptOf(first, responseWith(secret)), tenantId);
    const payload = JSON.stringify({ data: { customer: secret } });
    await rejectEvents(
      db.pool,
      [{ tenantId, source: 'stream', code: 'x', message: 'x', type: null, payload }],
      keys,
    );
    const input = { tenantId, eventId: null, pointer: KEY, digest: valueDigest(secret) };
    expect(await countErasure(db.prisma, input, keys)).toBe(1);
    const coversUntil = await readAcceptedUntil(db.prisma);
    const erasure = { ...input, id: newId(), receiptSealed: 'sealed', coversUntil, isRepeat: false };
    await createErasure(db.prisma, erasure, SYSTEM);
    await eraseAll(erasure.id, startProcess(db.pool, sealer, { encrypts: false }));

    const { rows } = await db.pool.query('SELECT status, counts FROM erasure WHERE id = $1', [erasure.id]);
    expect(rows).toMatchObject([
      { status: 'completed', counts: { events: 2, searchValues: 1, attempts: 1, rejectedEvents: 1 } },
    ]);
    const found = await Promise.all(events.map(({ id }) => findEvent(db.prisma, { id, tenantId }, keys)));
    expect(found.map((event) => event?.isErased)).toEqual([true, true, false]);
  });

  it('of a tenant destroys its data keys', async () => {
    const keys = startProcess(db.pool, sealer);
    const { tenantId } = await newTenant();
    await accept(keys, [eventWith(tenantId, newSecret())]);
    await db.pool.query(
      `UPDATE tenant SET status = 'deleted', deleted_at = now() - interval '1 hour' WHERE id = $1`,
      [tenantId],
    );
    const input = { tenantId, eventId: null, pointer: null, digest: null };
    const coversUntil = await readAcceptedUntil(db.prisma);
    const erasure = { ...input, id: newId(), receiptSealed: 'sealed', coversUntil, isRepeat: false };
    await createErasure(db.prisma, erasure, SYSTEM);
    await eraseAll(erasure.id, keys);
    const { rows } = await db.pool.query('SELECT status, counts FROM erasure WHERE id = $1', [erasure.id]);
    expect(rows).toMatchObject([{ status: 'completed', counts: { dataKeys: 2, events: 1 } }]);
    expect((await db.pool.query('SELECT FROM payload_key WHERE tenant_id = $1', [tenantId])).rowCount).toBe(
      0,
    );
  });
});
