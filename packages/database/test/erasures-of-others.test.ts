// The ids of deliveries begin with 8 bytes that events of the same millisecond share: nothing is found by them alone.
import { expect, it } from '@jest/globals';
import { derivedId, newId } from '@posthorn/core';
import { findTenantOfEvent } from '../src/erasures/erasures.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { tablesWith } from './fixtures/row-digests.js';
import { addTenant, addWebhook, attemptOf, newEvent, recordNext } from './fixtures/rows.js';
import { completeErasure, deleteTenant, ofEvent, ofTenant } from './fixtures/run-erasures.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** Events whose ids have the same first 8 bytes, of these tenants, with two failed attempts each. */
async function acceptTogether(tenantIds: readonly string[]) {
  const first = newId();
  for (const tenantId of new Set(tenantIds)) await addWebhook(db.pool, { tenantId });
  const accepted = await acceptEvents(
    db.pool,
    tenantIds.map((tenantId, index) =>
      newEvent({
        id: `${first.slice(0, 18)}-8000-00000000000${index}`,
        tenantId,
      }),
    ),
  );
  const events = accepted.map(({ eventId, deliveries }) => ({
    eventId,
    deliveryId: deliveries[0]?.id ?? '',
  }));
  for (const text of ['first', 'second'])
    await recordNext(
      db.pool,
      events.map(({ deliveryId, eventId }) =>
        attemptOf(deliveryId, {
          responseBody: `${text} of ${eventId}`,
          responseHeaders: `{"x": "${text}"}`,
          status: text === 'second' ? 'failed' : 'pending',
        }),
      ),
    );
  return events;
}

const attemptsOf = async (deliveryId: string) =>
  (
    await db.pool.query(
      'SELECT response_body, response_headers FROM attempt WHERE delivery_id = $1 ORDER BY number',
      [deliveryId],
    )
  ).rows;

const twoAttempts = (eventId: string) =>
  ['first', 'second'].map((text) => ({
    response_body: `${text} of ${eventId}`,
    response_headers: `{"x": "${text}"}`,
  }));

const EMPTY = { response_body: null, response_headers: null };

it('erases no attempt of other events with the same first bytes, of the same tenant or of another', async () => {
  const tenants = [await addTenant(db.pool), await addTenant(db.pool)] as const;
  const [erased, ofSame, ofOther] = await acceptTogether([tenants[0], tenants[0], tenants[1]]);
  if (!erased || !ofSame || !ofOther) throw new Error('not accepted');
  const { counts } = await completeErasure(db, ofEvent(tenants[0], erased.eventId));
  expect(counts).toMatchObject({ attempts: 2 });
  expect(await attemptsOf(erased.deliveryId)).toEqual([EMPTY, EMPTY]);
  expect(await attemptsOf(ofSame.deliveryId)).toEqual(twoAttempts(ofSame.eventId));
  expect(await attemptsOf(ofOther.deliveryId)).toEqual(twoAttempts(ofOther.eventId));
});

it('purges no attempt of other tenants', async () => {
  const tenants = [await addTenant(db.pool), await addTenant(db.pool)] as const;
  const [purged, kept] = await acceptTogether(tenants);
  if (!purged || !kept) throw new Error('not accepted');
  await deleteTenant(db, tenants[0]);
  await completeErasure(db, ofTenant(tenants[0]));
  expect(await attemptsOf(purged.deliveryId)).toEqual([]);
  expect(await attemptsOf(kept.deliveryId)).toEqual(twoAttempts(kept.eventId));
});

/** An attempt of today whose delivery and event were dropped with their days. */
async function addLateAttempt(tenantId: string): Promise<string> {
  const eventId = derivedId(newId(), Date.parse('2020-01-01T12:00:00Z'));
  await db.pool.query(
    `INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_body)
     VALUES (posthorn_uuidv7(), posthorn_delivery_id($1), $1, $2, $2, now(), 1, 3, 'late')`,
    [eventId, tenantId],
  );
  return eventId;
}

async function lateAttemptsOf(tenantId: string): Promise<(string | null)[]> {
  const { rows } = await db.pool.query<{ body: string | null }>(
    'SELECT response_body AS body FROM earlier_attempt WHERE tenant_id = $1 ORDER BY 1',
    [tenantId],
  );
  return rows.map(({ body }) => body);
}

it('finds attempts whose event has expired with its deliveries', async () => {
  const [tenantId, other] = [await addTenant(db.pool), await addTenant(db.pool)];
  const [eventId] = [
    await addLateAttempt(tenantId),
    await addLateAttempt(tenantId),
    await addLateAttempt(other),
  ];
  expect(await findTenantOfEvent(db.prisma, { id: eventId, tenantId: null })).toBe(tenantId);
  expect(await findTenantOfEvent(db.prisma, { id: eventId, tenantId: other })).toBeNull();
  await completeErasure(db, ofEvent(tenantId, eventId));
  expect(await lateAttemptsOf(tenantId)).toEqual(['late', null]);
  await deleteTenant(db, tenantId);
  await completeErasure(db, ofTenant(tenantId));
  expect(await lateAttemptsOf(tenantId)).toEqual([]);
  expect(await lateAttemptsOf(other)).toEqual(['late']);
});

it.each([
  ['an erasure', (tenantId: string, eventId: string) => ofEvent(tenantId, eventId)],
  ['a purge', (tenantId: string) => ofTenant(tenantId)],
])('%s leaves nothing in the tables of a day whose drop was interrupted', async (_, input) => {
  const tenantId = await addTenant(db.pool);
  const [event] = await acceptTogether([tenantId]);
  if (!event) throw new Error('not accepted');
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
  for (const table of ['settled_delivery_class_0', 'earlier_attempt_class_0', 'event']) {
    const { rows } = await db.pool.query(
      `SELECT posthorn_detach_partition($1, posthorn_uuid_day($2)) AS detached`,
      [table, event.eventId],
    );
    expect(rows).toEqual([{ detached: true }]);
  }
  expect((await tablesWith(db.pool, event.eventId)).length).toBeGreaterThan(2);
  const erasure = input(tenantId, event.eventId);
  if (erasure.eventId === null) await deleteTenant(db, tenantId);
  await completeErasure(db, erasure);
  expect(await tablesWith(db.pool, 'first of')).toEqual([]);
  await db.pool.query('SELECT posthorn_create_partitions(current_date - 1, current_date + 1)');
});
