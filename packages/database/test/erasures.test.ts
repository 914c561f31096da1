import { expect, it } from '@jest/globals';
import { derivedId, encodeId, LIVE_CHAIN, newId, searchValuesIn, SYSTEM, valueDigest } from '@posthorn/core';
import { eventually, overriding } from '@posthorn/testkit';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { NO_PAYLOAD_KEYS } from '../src/encryption/payload-keys.js';
import {
  createErasure,
  type ErasureInput,
  findErasure,
  findTenantOfEvent,
  readAcceptedUntil,
} from '../src/erasures/erasures.js';
import {
  advanceErasure,
  type ErasureDeps,
  ERASURES_ARE_DUE,
  failErasure,
  listRunningErasures,
  restartFailedPurges,
  startDuePurges,
} from '../src/erasures/run-erasure.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { findEvent, listEvents } from '../src/events/events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { claimRequest, storeResponse } from '../src/requests/request-claims.js';
import { createDueWorkFinder } from '../src/work/due-work-finder.js';
import type { Pool } from 'pg';
import { listDetachedPayloads } from '../src/retention/list-detached-payloads.js';
import { addChained } from './fixtures/delivery-rows.js';
import { columnsWith } from './fixtures/columns-with.js';
import {
  addTenant,
  addWebhook,
  attemptOf,
  newEvent,
  readDelivery,
  recordNext,
  successOf,
  type WebhookRow,
} from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** No other text contains it. */
const PERSON = 'cus_4711-zebra';
const KEY = '/customer/id';

const idle: Omit<ErasureDeps, 'pool'> = {
  erasePushes: async () => true,
  rewriteFiles: async () => 1,
  onDropped: async () => {},
};

const bodyWith = (data: unknown, padding = 0): string =>
  JSON.stringify({
    id: 'evt',
    type: 'a.b',
    timestamp: '2026-01-01T00:00:00Z',
    data,
    padding: 'x'.repeat(padding),
  });

const byPerson = (tenantId: string, value = PERSON): ErasureInput => ({
  tenantId,
  eventId: null,
  pointer: KEY,
  digest: valueDigest(value),
});
const ofEvent = (tenantId: string, eventId: string): ErasureInput => ({
  ...byPerson(tenantId),
  eventId,
  pointer: null,
  digest: null,
});
const ofTenant = (tenantId: string): ErasureInput => ({ ...byPerson(tenantId), pointer: null, digest: null });

async function create(input: ErasureInput, first?: { coversUntil: Date }) {
  const coversUntil = first?.coversUntil ?? (await readAcceptedUntil(db.prisma));
  const erasure = await createErasure(
    db.prisma,
    { ...input, id: newId(), receiptSealed: 'sealed', coversUntil, isRepeat: first !== undefined },
    SYSTEM,
  );
  if (!erasure) throw new Error('not created');
  return erasure.id;
}

/** Lets the time pass in which requests may be in flight, and usage is counted. */
const hasErasures = async () =>
  (await createDueWorkFinder(db.pool, { erasures: ERASURES_ARE_DUE })()).has('erasures');

async function letTimePass(): Promise<void> {
  await db.pool.query(`UPDATE settled_delivery SET settled_at = settled_at - interval '1 hour'`);
  await db.pool.query(`UPDATE erasure SET quiet_at = now() - interval '1 second' WHERE quiet_at > now()`);
  await db.pool.query('DELETE FROM usage_late');
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
}

const findRunning = async (id: string) => (await listRunningErasures(db.pool)).find((each) => each.id === id);

async function advanceOnce(id: string): Promise<void> {
  const erasure = await findRunning(id);
  if (erasure) await advanceErasure(erasure, { pool: db.pool, ...idle });
}

/** Runs the erasure until it waits or ends. */
async function run(id: string, deps: Partial<ErasureDeps> = {}): Promise<void> {
  for (;;) {
    const erasure = await findRunning(id);
    if (!erasure || !(await advanceErasure(erasure, { pool: db.pool, ...idle, ...deps }))) return;
  }
}

async function complete(id: string, deps: Partial<ErasureDeps> = {}) {
  for (let rounds = 0; rounds < 5; rounds += 1) {
    await run(id, deps);
    await letTimePass();
  }
  return findErasure(db.prisma, { id, tenantId: null });
}

async function accept(tenantId: string, data: unknown, event: Partial<NewEvent> & { padding?: number } = {}) {
  const { padding = 0, ...fields } = event;
  const [accepted] = await acceptEvents(db.pool, [
    newEvent({ tenantId, body: bodyWith(data, padding), ...fields }),
  ]);
  if (!accepted) throw new Error('not accepted');
  return { eventId: accepted.eventId, deliveryId: accepted.deliveries[0]?.id ?? '' };
}

async function tenantWithWebhook(row: WebhookRow = {}) {
  const tenantId = await addTenant(db.pool);
  return { tenantId, webhookId: await addWebhook(db.pool, { tenantId, ...row }) };
}

async function addResponse(eventId: string, key: string): Promise<void> {
  const request = { apiKeyId: newId(), key };
  const claim = await claimRequest(db.pool, request, Buffer.from('x'));
  if (claim.kind !== 'claimed') throw new Error(claim.kind);
  await storeResponse(
    db.pool,
    { ...request, token: claim.token },
    { status: 202, sealed: `v1.${PERSON}`, eventId },
  );
}

/** Everything that can contain the data of a person. */
async function addPerson({ tenantId, webhookId }: { tenantId: string; webhookId: string }) {
  const data = { customer: { id: PERSON } };
  const searchValues = searchValuesIn(JSON.stringify(data), [KEY]);
  const idempotencyKey = `order-${PERSON}`;
  const indexed = await accept(tenantId, data, {
    searchValues,
    idempotencyKey,
    attributes: { idempotencyKey, metadata: { name: PERSON }, orderingKey: PERSON },
  });
  const failed = {
    responseBody: PERSON,
    responseHeaders: `{"x":"${PERSON}"}`,
    errorMessage: PERSON,
    errorCode: 'network_error',
  };
  await recordAttempts(db.pool, [attemptOf(indexed.deliveryId, { ...failed, responseStatus: null })]);
  await addResponse(indexed.eventId, `retry-${newId()}`);
  const compressed = await accept(tenantId, { customer: { id: ['other', PERSON] } }, { padding: 900 });
  await recordAttempts(db.pool, [{ ...successOf(compressed.deliveryId), responseBody: `thanks ${PERSON}` }]);
  const report = await accept(
    tenantId,
    { eventId: encodeId('event', indexed.eventId), orderingKey: PERSON },
    { type: 'posthorn.delivery.blocked' },
  );
  await db.pool.query(
    `INSERT INTO event_copy (event_id, tenant_id, type, owner_id, subject_id) VALUES ($1, $2, 'posthorn.delivery.blocked', $2, $3)`,
    [report.eventId, tenantId, indexed.eventId],
  );
  await db.pool.query(
    `INSERT INTO operational_event (id, tenant_id, type, data) VALUES ($1, $2, 'posthorn.delivery.blocked', $3)`,
    [
      newId(),
      tenantId,
      { eventId: indexed.eventId, orderingKey: PERSON, lastError: { code: 'x', message: PERSON } },
    ],
  );
  await db.pool.query(
    `INSERT INTO notice (tenant_id, address, webhook_id, type, owner_id, data, occurred_at) VALUES ($1, $4, $2, 'x', $1, $3, now())`,
    [tenantId, webhookId, { eventId: indexed.eventId, orderingKey: PERSON }, `${newId()}@example.com`],
  );
  await addRejected(tenantId);
  return { indexed, compressed, report };
}

const addRejected = (tenantId: string) =>
  db.pool.query(
    `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload) VALUES ($1, $2, 'stream', 'invalid', $4, $3)`,
    [
      newId(),
      tenantId,
      JSON.stringify({ data: JSON.stringify({ customer: { id: PERSON } }) }),
      `not valid: ${PERSON}`,
    ],
  );

it('erases everything of a person, whatever the index has, and nothing of others', async () => {
  const owner = await tenantWithWebhook();
  const others = await tenantWithWebhook();
  const { indexed, compressed, report } = await addPerson(owner);
  const kept = await accept(owner.tenantId, { customer: { id: 'cus_other' } }, { padding: 900 });
  const foreign = await accept(others.tenantId, { customer: { id: 'cus_4711' } });
  expect((await columnsWith(db.pool, PERSON)).length).toBeGreaterThan(8);

  const id = await create(byPerson(owner.tenantId));
  expect(await create(byPerson(owner.tenantId))).toBe(id);
  const later = await accept(owner.tenantId, { customer: { id: 'later', name: 'cus_later' } });
  const erasure = await complete(id);
  expect(erasure).toMatchObject({ status: 'completed', digest: null, pointer: KEY, total: 3n, done: 3n });
  expect(erasure?.counts).toEqual({
    events: 3,
    droppedDeliveries: 1,
    attempts: 2,
    searchValues: 1,
    idempotencyKeys: 1,
    storedResponses: 1,
    reports: 1,
    notices: 1,
    rejectedEvents: 1,
    redisFiles: 1,
  });
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
  for (const { eventId } of [indexed, compressed, report])
    expect(await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
      body: null,
      context: null,
    });
  for (const { eventId } of [kept, foreign, later])
    expect((await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS))?.body).toContain(
      'customer',
    );
  expect(await readDelivery(db.pool, indexed.deliveryId)).toMatchObject({
    status: 'dropped',
    reason: 'erased',
    attempt_count: 1,
    error_code: null,
  });
  expect(await readDelivery(db.pool, compressed.deliveryId)).toMatchObject({
    status: 'succeeded',
    response_status: 200,
  });
  const listed = await listEvents(db.prisma, { tenantId: owner.tenantId }, { limit: 10 });
  const shown = listed.items.find((event) => event.id === indexed.eventId);
  expect(shown).toMatchObject({ isErased: true, occurredAt: shown?.publishedAt.toISOString() });
  const { rows } = await db.pool.query(
    `SELECT posthorn_body_bytes(body, deflated_body) AS bytes FROM event WHERE id = $1`,
    [compressed.eventId],
  );
  expect(rows[0].bytes).toBe(Buffer.byteLength(bodyWith({ customer: { id: ['other', PERSON] } }, 900)));
  const audited = await db.pool.query(`SELECT action, after FROM audit_entry WHERE target = $1 ORDER BY id`, [
    id,
  ]);
  expect(audited.rows.map(({ action }) => action)).toEqual(['erasure.created', 'erasure.completed']);
  expect(audited.rows[1].after).toMatchObject({ kind: 'subject', events: 3 });
});

const isEventErased = async (eventId: string) =>
  (await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS))?.isErased;

it('erases nothing that is accepted after the pushes are erased, also with a value in the index', async () => {
  const { tenantId } = await tenantWithWebhook();
  const person = 'cus_0815-later';
  const data = { customer: { id: person } };
  const searchValues = searchValuesIn(JSON.stringify(data), [KEY]);
  const before = await accept(tenantId, data, { searchValues });
  const id = await create(byPerson(tenantId, person));
  await advanceOnce(id);
  // Times of events are milliseconds.
  const coversUntil = (await findRunning(id))?.coversUntil ?? new Date(0);
  await eventually(async () => expect(Date.now()).toBeGreaterThan(coversUntil.getTime() + 1));
  const after = await accept(tenantId, data, { searchValues });
  expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n });
  expect(await isEventErased(before.eventId)).toBe(true);
  expect(await isEventErased(after.eventId)).toBe(false);
});

it('erases pushes that are stored while it waits for them, whatever time their publisher gave them', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  await run(id, { erasePushes: async () => false });
  const ahead = new Date(Date.now() + 300_000);
  const pushed = { pushed: true, publishedAt: ahead, id: derivedId(newId(), ahead.getTime()) };
  const { eventId } = await accept(tenantId, { customer: { id: PERSON } }, pushed);
  const erasure = await complete(id);
  expect(erasure).toMatchObject({ status: 'completed', done: 1n });
  expect(await isEventErased(eventId)).toBe(true);
  const event = await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS);
  expect(erasure?.coversUntil.getTime()).toBeGreaterThanOrEqual(event?.publishedAt.getTime() ?? Infinity);
});

it('covers an hour more at most if it has waited, so that the data of a person who has come back stays', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  const back = await accept(tenantId, { customer: { id: PERSON } });
  const before = await accept(tenantId, { customer: { id: PERSON } });
  await db.pool.query(`UPDATE erasure SET covers_until = covers_until - interval '2 hours' WHERE id = $1`, [
    id,
  ]);
  await db.pool.query(`UPDATE event SET published_at = published_at - interval '90 minutes' WHERE id = $1`, [
    before.eventId,
  ]);
  const called = (await findRunning(id))?.coversUntil.getTime() ?? 0;
  const erasure = await complete(id);
  expect(erasure).toMatchObject({ status: 'completed', done: 1n });
  expect(erasure?.coversUntil).toEqual(new Date(called + 3_600_000));
  expect(await isEventErased(before.eventId)).toBe(true);
  expect(await isEventErased(back.eventId)).toBe(false);
  await complete(await create(byPerson(tenantId)));
});

it('covers what the first one did if it is repeated, and no later events', async () => {
  const { tenantId } = await tenantWithWebhook();
  const first = await accept(tenantId, { customer: { id: PERSON } });
  await db.pool.query(`UPDATE event SET published_at = published_at - interval '1 hour' WHERE id = $1`, [
    first.eventId,
  ]);
  const later = await accept(tenantId, { customer: { id: PERSON } });
  const coversUntil = new Date(Date.now() - 1_800_000);
  const id = await create(byPerson(tenantId), { coversUntil });
  expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n, coversUntil });
  expect(await isEventErased(first.eventId)).toBe(true);
  expect(await isEventErased(later.eventId)).toBe(false);
  await complete(await create(byPerson(tenantId)));
});

it('covers as much as the call that covers most, if a repeated one runs', async () => {
  const { tenantId } = await tenantWithWebhook();
  const first = { coversUntil: new Date(Date.now() - 60_000) };
  const id = await create(byPerson(tenantId), first);
  await advanceOnce(id);
  expect(await create(byPerson(tenantId), { coversUntil: new Date(Date.now() - 90_000) })).toBe(id);
  expect(await findRunning(id)).toMatchObject({ phase: 'index', isRepeat: true, ...first });
  const second = { coversUntil: new Date(Date.now() - 30_000) };
  expect(await create(byPerson(tenantId), second)).toBe(id);
  expect(await findRunning(id)).toMatchObject({ phase: 'pushes', isRepeat: true, ...second });
  expect(await create(byPerson(tenantId))).toBe(id);
  expect(await findRunning(id)).toMatchObject({ phase: 'pushes', isRepeat: false });
  await advanceOnce(id);
  expect(await create(byPerson(tenantId), second)).toBe(id);
  expect(await findRunning(id)).toMatchObject({ phase: 'index', isRepeat: false });
  expect(await complete(id)).toMatchObject({ status: 'completed' });
});

it('erases rejected events of pushes that were still in Redis at the call', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  await run(id, { erasePushes: async () => false });
  for (let pushes = 0; pushes < 60; pushes += 1) await addRejected(tenantId);
  expect(await complete(id)).toMatchObject({ status: 'completed', counts: { rejectedEvents: 60 } });
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
});

it('begins again if the same erasure is requested while it runs', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  await run(id, { rewriteFiles: () => Promise.reject(new Error('later')) }).catch(() => {});
  const { eventId } = await accept(tenantId, { customer: { id: PERSON } });
  expect(await create(byPerson(tenantId))).toBe(id);
  expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n });
  expect((await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS))?.isErased).toBe(true);
});

it('looks for pushes again if the same erasure is requested while it looks for pushes', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  const looked: Date[] = [];
  await run(id, {
    async erasePushes({ coversUntil }) {
      looked.push(coversUntil);
      if (looked.length === 1) await create(byPerson(tenantId));
      return looked.length === 1;
    },
  });
  expect(looked).toHaveLength(2);
  const extended = await findErasure(db.prisma, { id, tenantId });
  expect(extended).toMatchObject({ phase: 'pushes', coversUntil: looked[1] });
  expect(await complete(id)).toMatchObject({ status: 'completed' });
});

it.each([0, 3])('erases payloads that are kept for %d days', async (payloadDays) => {
  const { tenantId } = await tenantWithWebhook();
  const data = { customer: { id: PERSON } };
  await db.pool.query('UPDATE tenant SET payload_days = 3 WHERE id = $1', [tenantId]);
  await db.pool.query(`SELECT posthorn_create_payload_partitions(current_date, current_date + 5)`);
  const { eventId, deliveryId } = await accept(tenantId, data, {
    payloadDays,
    idempotencyKey: `key-${PERSON}`,
    searchValues: searchValuesIn(JSON.stringify(data), [KEY]),
    attributes: { idempotencyKey: `key-${PERSON}`, orderingKey: PERSON },
  });
  const found = await columnsWith(db.pool, PERSON);
  expect(found.some((column) => /^(?:event|unsettled)_payload/.test(column))).toBe(true);
  const id = await create(byPerson(tenantId));
  expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n });
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
  const { rows } = await db.pool.query('SELECT FROM event_payload_value WHERE event_id = $1', [eventId]);
  expect(rows).toEqual([]);
  expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ status: 'dropped', reason: 'erased' });
});

it('erases events of a shorter history, whose last day stays known, and purges them', async () => {
  const { tenantId } = await tenantWithWebhook();
  await db.pool.query(`SELECT posthorn_use_history_days(3, current_date - 1, current_date + 2)`);
  const kept = { payloadDays: 3, historyDays: 3 };
  const first = await accept(tenantId, { customer: { id: PERSON } }, kept);
  await recordNext(db.pool, [attemptOf(first.deliveryId, { responseBody: PERSON })]);
  const failure = attemptOf(first.deliveryId, { responseBody: PERSON, status: 'failed' });
  await recordNext(db.pool, [failure]);
  const second = await accept(tenantId, { customer: { id: PERSON } }, kept);
  expect(
    (await columnsWith(db.pool, PERSON)).filter((column) => /_class_1_\d{8}\.response_body$/.test(column)),
  ).toHaveLength(2);
  await complete(await create(byPerson(tenantId)));
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
  const classOf = async (id: string) =>
    (await db.pool.query(`SELECT history_class, reason FROM settled_delivery WHERE id = $1`, [id])).rows;
  expect(await classOf(second.deliveryId)).toEqual([{ history_class: 1, reason: 'erased' }]);
  expect(await findEvent(db.prisma, { id: first.eventId, tenantId: null }, NO_PAYLOAD_KEYS)).toMatchObject({
    isErased: true,
    historyDay: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    context: { historyDay: expect.any(String) },
  });
  await db.pool.query(`UPDATE tenant SET status = 'deleted', deleted_at = now() WHERE id = $1`, [tenantId]);
  await complete(await create(ofTenant(tenantId)));
  const { rows } = await db.pool.query(
    `SELECT FROM settled_delivery_class_1 UNION ALL SELECT FROM earlier_attempt_class_1`,
  );
  expect(rows).toEqual([]);
});

it('lets other callbacks run while it hashes the values of an event', async () => {
  const { tenantId } = await tenantWithWebhook();
  const many = Array.from({ length: 40_000 }, (_, index) => 100_000 + index);
  const { eventId } = await accept(tenantId, { many });
  let turns = 0;
  const turnsOfDigests: number[] = [];
  const payloadKeys = overriding(NO_PAYLOAD_KEYS, {
    searchDigests: async () => (digest) => {
      turnsOfDigests.push(turns);
      return [digest];
    },
  });
  const id = await create(ofEvent(tenantId, eventId));
  const counting = setInterval(() => (turns += 1), 0);
  await run(id, { payloadKeys });
  clearInterval(counting);
  await complete(id);
  expect(turnsOfDigests.length).toBeGreaterThan(40_000);
  expect(new Set(turnsOfDigests).size).toBeGreaterThan(1);
});

it('creates another one if the running one ends meanwhile', async () => {
  const { tenantId } = await tenantWithWebhook();
  const first = await create(byPerson(tenantId));
  // Ends it after the insert, which finds it running.
  await db.pool.query(`
    CREATE FUNCTION test_end_erasure() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      UPDATE erasure SET status = 'completed' WHERE id = '${first}';
      RETURN NULL;
    END $$;
    CREATE TRIGGER test_end_erasure AFTER INSERT ON erasure EXECUTE FUNCTION test_end_erasure()`);
  const second = await create(byPerson(tenantId));
  await db.pool.query('DROP FUNCTION test_end_erasure CASCADE');
  expect(second).not.toBe(first);
  expect(await complete(second)).toMatchObject({ status: 'completed' });
});

it('reads a bounded number of events that are erased already with one statement', async () => {
  const { tenantId } = await tenantWithWebhook();
  const before = Date.now() - 60_000;
  await db.pool.query(
    `INSERT INTO event (id, tenant_id, type, deflated_body, published_at)
     SELECT id, $1, 'a.b', int4send(1), now() FROM unnest($2::uuid[]) AS id`,
    [tenantId, Array.from({ length: 6000 }, (_unused, index) => derivedId(newId(), before + index))],
  );
  const { eventId } = await accept(tenantId, { customer: { id: PERSON } });
  const id = await create(byPerson(tenantId));
  const cursors: (string | null)[] = [];
  for (;;) {
    const erasure = await findRunning(id);
    if (!erasure || erasure.phase === 'erase') break;
    if (erasure.phase === 'scan') cursors.push(erasure.cursor);
    await advanceErasure(erasure, { pool: db.pool, ...idle });
  }
  expect(cursors).toEqual([null, expect.any(String), eventId]);
  expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n });
});

/** Detaches the tables of a day, as a run of the retention that was interrupted. */
async function detachPayloads(): Promise<void> {
  await db.pool.query('SELECT posthorn_detach_payloads(current_date + 3)');
  expect((await listDetachedPayloads(db.pool)).payloads).toHaveLength(1);
}

/** An event whose payload is kept for 3 days, with everything that names a person. */
async function addExpiring(tenantId: string) {
  const data = { customer: { id: PERSON } };
  await db.pool.query('UPDATE tenant SET payload_days = 3 WHERE id = $1', [tenantId]);
  await db.pool.query(`SELECT posthorn_create_payload_partitions(current_date, current_date + 5)`);
  const added = await accept(tenantId, data, {
    payloadDays: 3,
    idempotencyKey: `key-${PERSON}`,
    searchValues: searchValuesIn(JSON.stringify(data), [KEY]),
    attributes: { idempotencyKey: `key-${PERSON}`, orderingKey: PERSON },
  });
  await recordAttempts(db.pool, [{ ...successOf(added.deliveryId), responseBody: `thanks ${PERSON}` }]);
  await db.pool.query(`UPDATE settled_delivery SET ordering_key = $2 WHERE id = $1`, [
    added.deliveryId,
    PERSON,
  ]);
  await addResponse(added.eventId, newId());
  return added;
}

/** Returns how many rows the tables of all days have, also those that have expired. */
async function countInDays(table: string, column: string, id: string): Promise<number> {
  const { rows } = await db.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ $1`,
    [`^${table}_(\\d{8}|default)$`],
  );
  let count = 0;
  for (const { name } of rows)
    count += (await db.pool.query(`SELECT FROM ${name} WHERE ${column} = $1`, [id])).rowCount ?? 0;
  return count;
}

const countValues = (tenantId: string) => countInDays('event_payload_value', 'tenant_id', tenantId);
const countPayloads = (eventId: string) => countInDays('event_payload', 'event_id', eventId);

const dropDetached = () =>
  db.pool.query(`
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition AND relname ~ '^event_payload(_value)?_\\d{8}$' LOOP
        EXECUTE format('DROP TABLE %I', name);
      END LOOP;
    END $$`);

it.each([
  ['a person', byPerson],
  ['an event', ofEvent],
])('erases payloads in the tables of a day that has expired, of %s', async (_, input) => {
  const { tenantId } = await tenantWithWebhook();
  const { eventId } = await addExpiring(tenantId);
  await detachPayloads();
  try {
    expect(await countValues(tenantId)).toBe(1);
    const id = await create(input(tenantId, input === ofEvent ? eventId : PERSON));
    expect(await complete(id)).toMatchObject({ status: 'completed', done: 1n });
    expect(await columnsWith(db.pool, PERSON)).toEqual([]);
    expect(await countValues(tenantId)).toBe(0);
  } finally {
    await dropDetached();
  }
});

it('purges payloads in the tables of a day that has expired', async () => {
  const { tenantId } = await tenantWithWebhook();
  await addExpiring(tenantId);
  await detachPayloads();
  try {
    await deleteTenant(tenantId);
    expect(await complete(await create(ofTenant(tenantId)))).toMatchObject({ status: 'completed' });
    expect(await columnsWith(db.pool, PERSON)).toEqual([]);
    expect(await countValues(tenantId)).toBe(0);
  } finally {
    await dropDetached();
  }
});

/** Returns the pool, which detaches the payloads when it has run a number of statements. */
function detachingAfter(statements: number): { pool: Pool; hasDetached: () => boolean } {
  let count = 0;
  const query = async (text: string, values: unknown[]) => {
    const result = await db.pool.query(text, values);
    count += 1;
    if (count === statements) await detachPayloads();
    return result;
  };
  return {
    // Erasures call no other overload.
    pool: overriding(db.pool, { query: query as Pool['query'] }),
    hasDetached: () => count >= statements,
  };
}

it.each([
  ['erases', (tenantId: string) => byPerson(tenantId), ['erase']],
  ['purges', ofTenant, ['purge_payloadValues', 'purge_events']],
])('%s payloads of a day that expires between any two statements', async (_, input, phases) => {
  let statements = 0;
  for (let hasEnded = false; !hasEnded;) {
    statements += 1;
    const { tenantId } = await tenantWithWebhook();
    const { eventId } = await addExpiring(tenantId);
    if (input === ofTenant) await deleteTenant(tenantId);
    const id = await create(input(tenantId));
    const { pool, hasDetached } = detachingAfter(statements);
    for (let erasure = await findRunning(id); erasure; erasure = await findRunning(id)) {
      await advanceErasure(erasure, { ...idle, pool: phases.includes(erasure.phase) ? pool : db.pool });
      await letTimePass();
    }
    hasEnded = !hasDetached();
    const left = [await countValues(tenantId), await countPayloads(eventId)];
    await dropDetached();
    expect({ statements, left }).toEqual({ statements, left: [0, 0] });
  }
  expect(statements).toBeGreaterThan(5);
});

it.each([
  ['payload', 'DELETE FROM event_payload WHERE event_id = $1'],
  ['row', 'DELETE FROM event WHERE id = $1'],
])('erases what is left of an event whose %s has expired', async (_, expire) => {
  const { tenantId } = await tenantWithWebhook();
  const { eventId } = await addExpiring(tenantId);
  await db.pool.query('DELETE FROM event_payload WHERE event_id = $1', [eventId]);
  await db.pool.query(expire, [eventId]);
  expect((await columnsWith(db.pool, PERSON)).length).toBeGreaterThan(2);
  expect(await findTenantOfEvent(db.prisma, { id: eventId, tenantId })).toBe(tenantId);
  expect(await findTenantOfEvent(db.prisma, { id: eventId, tenantId: newId() })).toBeNull();
  const erasure = await complete(await create(ofEvent(tenantId, eventId)));
  expect(erasure).toMatchObject({ status: 'completed', counts: { idempotencyKeys: 1, storedResponses: 1 } });
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
});

it('erases attempts whose delivery has expired before them', async () => {
  const { tenantId } = await tenantWithWebhook();
  const { eventId, deliveryId } = await accept(tenantId, { n: 1 });
  await recordNext(db.pool, [attemptOf(deliveryId, { responseBody: PERSON, status: 'failed' })]);
  await recordNext(db.pool, [attemptOf(deliveryId)]);
  await db.pool.query('DELETE FROM settled_delivery WHERE id = $1', [deliveryId]);
  expect(await columnsWith(db.pool, PERSON)).toHaveLength(1);
  await complete(await create(ofEvent(tenantId, eventId)));
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
});

it('purges responses of events that have expired before their deliveries', async () => {
  const { tenantId } = await tenantWithWebhook();
  const { eventId } = await addExpiring(tenantId);
  await db.pool.query('DELETE FROM event_payload WHERE event_id = $1', [eventId]);
  await db.pool.query('DELETE FROM event WHERE id = $1', [eventId]);
  await deleteTenant(tenantId);
  expect(await complete(await create(ofTenant(tenantId)))).toMatchObject({ status: 'completed' });
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
});

it('compares a number with its text', async () => {
  const { tenantId } = await tenantWithWebhook();
  const number = await accept(tenantId, { customer: { id: 42 } });
  const text = await accept(tenantId, { customer: { id: '42' } });
  const other = await accept(tenantId, { customer: { id: 421 } });
  await complete(await create(byPerson(tenantId, '42')));
  for (const [{ eventId }, isErased] of [
    [number, true],
    [text, true],
    [other, false],
  ] as const)
    expect(
      (await findEvent(db.prisma, { id: eventId, tenantId: null }, NO_PAYLOAD_KEYS))?.body === null,
    ).toBe(isErased);
});

/** Lets many statements fail, before they run or after they have run. */
function interrupted(): { pool: Pool; count: () => number } {
  let state = 4711;
  /** The same numbers in each run. */
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  let failures = 0;
  const pool = new Proxy(db.pool, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return async (text: string, values: unknown[]) => {
        const turn = random();
        const result = turn < 0.25 ? null : await target.query(text, values);
        if (turn >= 0.5) return result;
        failures += 1;
        throw new Error('killed');
      };
    },
  });
  return { pool, count: () => failures };
}

async function completeInterrupted(id: string): Promise<number> {
  const { pool, count } = interrupted();
  for (let steps = 0; steps < 3000; steps += 1) {
    const erasure = await findRunning(id);
    if (!erasure) return count();
    const hasProgress = await advanceErasure(erasure, { ...idle, pool }).catch(() => true);
    if (!hasProgress) await letTimePass();
  }
  throw new Error('not completed');
}

it('resumes after a kill at any statement', async () => {
  const owner = await tenantWithWebhook();
  await addPerson(owner);
  const events = Array.from({ length: 120 }, (_, index) =>
    newEvent({ tenantId: owner.tenantId, body: bodyWith({ customer: { id: PERSON }, index }) }),
  );
  await acceptEvents(db.pool, events);
  const id = await create(byPerson(owner.tenantId));
  expect(await completeInterrupted(id)).toBeGreaterThan(20);
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
  const erasure = await findErasure(db.prisma, { id, tenantId: null });
  expect(erasure).toMatchObject({
    status: 'completed',
    total: 123n,
    done: 123n,
    counts: { events: 123, droppedDeliveries: 121 },
  });
});

it('waits for pushes from before the call, and for requests in flight', async () => {
  const { tenantId } = await tenantWithWebhook();
  const id = await create(byPerson(tenantId));
  let hasPushes = true;
  await run(id, { erasePushes: async () => !hasPushes });
  const pushed = await accept(
    tenantId,
    { customer: { id: PERSON } },
    { publishedAt: new Date(Date.now() - 1000) },
  );
  hasPushes = false;
  await run(id);
  expect(await findErasure(db.prisma, { id, tenantId })).toMatchObject({
    status: 'running',
    phase: 'settle',
  });
  // The request was sent before, and its attempt is recorded late.
  await recordAttempts(db.pool, [{ ...successOf(pushed.deliveryId), responseBody: PERSON }]);
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
  expect(await readDelivery(db.pool, pushed.deliveryId)).toMatchObject({
    status: 'succeeded',
    response_status: 200,
  });
  expect(await complete(id)).toMatchObject({ status: 'completed' });
});

it('a delivery that a retry makes pending meanwhile is not sent', async () => {
  const { tenantId } = await tenantWithWebhook();
  const { eventId, deliveryId } = await accept(tenantId, { customer: { id: PERSON } });
  await recordNext(db.pool, [
    attemptOf(deliveryId, { status: 'failed', retryDelayMs: null, responseBody: PERSON }),
  ]);
  const id = await create(ofEvent(tenantId, eventId));
  await run(id);
  // As if a retry that had read the event before the erasure committed after its first pass.
  await db.pool.query(
    `WITH removed AS (DELETE FROM settled_delivery WHERE id = $1 RETURNING *)
     INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count)
     SELECT id, event_id, webhook_id, tenant_id, now(), epoch, attempt_count FROM removed`,
    [deliveryId],
  );
  const [loaded] = await loadDeliveries(db.pool, [deliveryId]);
  expect(loaded).toMatchObject({ body: null, isErased: true });
  expect(await complete(id)).toMatchObject({
    status: 'completed',
    counts: { events: 1, droppedDeliveries: 1 },
  });
  expect(await readDelivery(db.pool, deliveryId)).toMatchObject({ status: 'dropped', reason: 'erased' });
  const delivery = await findDelivery(db.prisma, { id: deliveryId, tenantId });
  expect(delivery && (await retryDelivery(db.prisma, delivery, SYSTEM))).toBe('erased');
});

it('lets an ordered key go on', async () => {
  const { tenantId, webhookId } = await tenantWithWebhook({ ordering: 'byKey' });
  const eventId = newId();
  await addChained(db.pool, { webhookId, sequence: 1, orderingKey: 'a', eventId });
  const second = await addChained(db.pool, { webhookId, sequence: 2, orderingKey: 'a' });
  const chains: unknown[] = [];
  const id = await create(ofEvent(tenantId, eventId));
  await run(id, { onDropped: async (_dropped, of) => void chains.push(...of) });
  expect(chains).toEqual([{ webhookId, chain: LIVE_CHAIN, orderingKey: 'a' }]);
  const [loaded] = await loadDeliveries(db.pool, [second]);
  expect(loaded).toMatchObject({ delivery: { isHead: true } });
  await complete(id);
});

/** Fills the tables of a tenant, and deletes it. */
async function deletedTenant() {
  const owner = await tenantWithWebhook();
  const { tenantId, webhookId } = owner;
  await addPerson(owner);
  await db.pool.query(`UPDATE tenant SET external_id = id, contact_email = $2 WHERE id = $1`, [
    tenantId,
    `${PERSON}@example.com`,
  ]);
  await db.pool.query(
    `INSERT INTO api_key (id, tenant_id, name, key_hash, prefix) VALUES ($1, $2, $3, sha256($3::text::bytea), 'phk')`,
    [newId(), tenantId, `${PERSON}-${tenantId}`],
  );
  const formatId = newId();
  await db.pool.query(
    `INSERT INTO delivery_format (id, tenant_id, spec_hash, spec) VALUES ($1, $2, '', '{}')`,
    [formatId, tenantId],
  );
  await db.pool.query(`UPDATE tenant SET format_id = $2 WHERE id = $1`, [tenantId, formatId]);
  await db.pool.query(`UPDATE webhook SET description = $2, format_id = $3 WHERE id = $1`, [
    webhookId,
    PERSON,
    formatId,
  ]);
  await db.pool.query(`INSERT INTO notification_recipient (tenant_id, address) VALUES ($1, $2)`, [
    tenantId,
    `${PERSON}@example.com`,
  ]);
  await db.pool.query(
    `INSERT INTO audit_entry (id, tenant_id, actor_name, actor_tenant_id, action, target, before, after, client_address)
     VALUES ($1, $2, $3, $2, 'tenant.updated', $2::uuid::text, '{"contactEmail": null}', $4, '192.0.2.1'),
       ($5, $2, $3, $2, 'notification_recipient.added', $3, NULL, '{}', NULL),
       ($6, $2, $3, $2, 'erasure.created', $5, NULL, '{"kind": "event"}', '192.0.2.1')`,
    [newId(), tenantId, PERSON, { contactEmail: PERSON }, newId(), newId()],
  );
  await db.pool.query(`INSERT INTO usage_day VALUES (current_date, $1, 1, 1, 1, 1)`, [tenantId]);
  await deleteTenant(tenantId);
  return tenantId;
}

const deleteTenant = (tenantId: string) =>
  db.pool.query(
    `UPDATE tenant SET status = 'deleted', deleted_at = now() - interval '1 hour', purge_at = now() + interval '1 day' WHERE id = $1`,
    [tenantId],
  );

/** Returns the tables that have a tenant. */
async function tablesOf(tenantId: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant_id'
     ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await db.pool.query(`SELECT FROM ${name} WHERE tenant_id = $1 LIMIT 1`, [tenantId]);
    if (rowCount) found.push(name);
  }
  return found;
}

it('purges a deleted tenant, at once or when it is due, after its usage is counted', async () => {
  const tenantId = await deletedTenant();
  const waiting = await deletedTenant();
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() - interval '2 hours'`);
  await startDuePurges(db.pool);
  expect(await hasErasures()).toBe(false);

  const id = await create(ofTenant(tenantId));
  expect(await create(ofTenant(tenantId))).toBe(id);
  await startDuePurges(db.pool);
  await run(id);
  expect(await findErasure(db.prisma, { id, tenantId })).toMatchObject({ phase: 'usage', status: 'running' });
  await letTimePass();
  await completeInterrupted(id);
  expect(await findErasure(db.prisma, { id, tenantId })).toMatchObject({
    status: 'completed',
    done: 3n,
    counts: { tenants: 1, webhooks: 1, apiKeys: 1, deliveries: 1, pending: 1 },
  });
  expect(await tablesOf(tenantId)).toEqual(['audit_entry', 'erasure', 'usage_day']);
  const { rows } = await db.pool.query(
    `SELECT actor_name, target, before, after, client_address FROM audit_entry WHERE tenant_id = $1 AND actor_tenant_id = $1 ORDER BY action`,
    [tenantId],
  );
  expect(rows).toEqual([
    {
      actor_name: 'erased',
      target: expect.any(String),
      before: null,
      after: { kind: 'event' },
      client_address: null,
    },
    { actor_name: 'erased', target: 'erased', before: null, after: {}, client_address: null },
    {
      actor_name: 'erased',
      target: tenantId,
      before: { contactEmail: null },
      after: { contactEmail: null },
      client_address: null,
    },
  ]);

  await db.pool.query(`UPDATE tenant SET purge_at = now() - interval '1 second' WHERE id = $1`, [waiting]);
  expect(await hasErasures()).toBe(true);
  await startDuePurges(db.pool);
  await startDuePurges(db.pool);
  const due = await listRunningErasures(db.pool);
  expect(due.filter((erasure) => erasure.tenantId === waiting)).toHaveLength(1);
  await complete(due.find((erasure) => erasure.tenantId === waiting)?.id ?? '');
  expect(await columnsWith(db.pool, PERSON)).toEqual([]);
});

it('restarts a purge at its first phase that a row blocks which was stored after the phase of its table', async () => {
  const tenantId = await deletedTenant();
  const kept = await tenantWithWebhook();
  await letTimePass();
  const id = await create(ofTenant(tenantId));
  const advance = async () => {
    const erasure = await findRunning(id);
    if (!erasure) throw new Error('not running');
    await advanceErasure(erasure, { pool: db.pool, ...idle });
    return (await findRunning(id))?.phase;
  };
  while ((await advance()) !== 'purge_tenants');
  await addWebhook(db.pool, { tenantId });
  await expect(advance()).rejects.toThrow('foreign key');

  await failErasure(db.pool, id, 'blocked');
  await db.pool.query(`UPDATE erasure SET finished_at = now() - interval '2 hours' WHERE id = $1`, [id]);
  await restartFailedPurges(db.pool);
  expect(await complete(id)).toMatchObject({ status: 'completed', error: null });
  expect((await db.pool.query('SELECT FROM tenant WHERE id = $1', [tenantId])).rowCount).toBe(0);
  // Of another tenant, all is left.
  expect((await db.pool.query('SELECT FROM webhook WHERE tenant_id = $1', [kept.tenantId])).rowCount).toBe(1);
});

it('creates no purge of a tenant that is not deleted', async () => {
  const { tenantId } = await tenantWithWebhook();
  expect(
    await createErasure(
      db.prisma,
      { ...ofTenant(tenantId), id: newId(), receiptSealed: 'x', coversUntil: new Date(), isRepeat: false },
      SYSTEM,
    ),
  ).toBeNull();
});
