import { describe, expect, it, jest } from '@jest/globals';
import { MAX_EVENT_BYTES } from '@posthorn/contract';
import { randomBytes } from 'node:crypto';
import { createSealer, DEFAULT_TENANT_ID, encodeId, idTimeMs, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { isTransient, type Pool } from '@posthorn/database/connection';
import { loadDeliveries } from '@posthorn/database/deliveries';
import { PayloadKeys } from '@posthorn/database/encryption';
import { acceptEvents } from '@posthorn/database/events';
import type { StartOrReturn, TenantJob } from '@posthorn/flow';
import type { DeliveryJob } from '@posthorn/queue';
import {
  type AcceptedResult,
  type PublishResult,
  createAcceptor,
  type IncomingEvent,
  type KeyCheck,
} from '../src/index.js';
import { composeEvent, pendingEvent } from '../src/events/compose-event.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

interface AcceptorOptions {
  enqueue?: (jobs: readonly DeliveryJob[]) => Promise<void>;
  hotPathPool?: Pool;
  startOrReturn?: StartOrReturn;
  payloadKeys?: PayloadKeys;
}

/** Starts an acceptor with a queue that records its jobs; `enqueue` may reject them. */
function startAcceptor({
  enqueue = () => Promise.resolve(),
  hotPathPool = database.pool,
  startOrReturn,
  payloadKeys,
}: AcceptorOptions = {}) {
  const jobs: DeliveryJob[] = [];
  const onEnqueueError = jest.fn();
  const acceptor = createAcceptor({
    pool: database.pool,
    hotPathPool,
    deliveries: {
      enqueue(added) {
        jobs.push(...added);
        return enqueue(added);
      },
      fastLaneLength: () => Promise.resolve(0),
    },
    startOrReturn,
    onEnqueueError,
    ...(payloadKeys && { payloadKeys }),
  });
  return { ...acceptor, jobs, onEnqueueError };
}

/** Adds a tenant with webhooks that subscribe to all events. */
async function tenantWith(webhooks: number): Promise<string> {
  const tenantId = await database.addTenant();
  await database.addWebhooks(tenantId, webhooks);
  return tenantId;
}

const eventOf = (tenantId: string, event: Partial<IncomingEvent> = {}): IncomingEvent => ({
  tenantId,
  type: 'invoice.paid',
  data: { amount: 1 },
  dataText: null,
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
  ...event,
});

function acceptedOf(result: PublishResult): AcceptedResult {
  if (result.status === 'rejected') throw new Error(result.message);
  return result;
}

async function bodyOf(result: PublishResult): Promise<unknown> {
  const id = result.status === 'rejected' ? '' : result.id;
  const { rows } = await database.pool.query<{ body: string }>('SELECT body FROM event WHERE id = $1', [id]);
  return JSON.parse(rows[0]?.body ?? 'null');
}

/** Returns what a delivery should start with. */
function toStored(read: Awaited<ReturnType<typeof loadDeliveries>>[0]) {
  if (typeof read !== 'object') throw new Error('not loaded');
  const { delivery, webhook, body, eventType, traceContext, attributes } = read;
  const { eventId, epoch, nextAttemptAt } = delivery;
  const readAt: unknown = expect.anything();
  const { id: webhookId, version: webhookVersion } = webhook;
  return {
    eventId,
    webhookId,
    webhookVersion,
    epoch,
    nextAttemptAt,
    eventType,
    body,
    traceContext,
    attributes,
    readAt,
  };
}

describe('an API whose clock is two minutes slow', () => {
  it('has its events accepted and counted, one by one too', async () => {
    const tenantId = await tenantWith(1);
    const { accept } = startAcceptor();
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - 120_000);
    try {
      for (let count = 0; count < 3; count += 1)
        expect(await accept(eventOf(tenantId))).toMatchObject({ status: 'accepted' });
    } finally {
      clock.mockRestore();
    }
    const { rows } = await database.pool.query(
      'SELECT sum(events)::int AS events, sum(deliveries)::int AS deliveries FROM usage_late WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual([{ events: 3, deliveries: 3 }]);
  });
});

describe('accepting an event', () => {
  it('stores the event and enqueues one delivery for each webhook', async () => {
    const { accept, stop, jobs } = startAcceptor();
    const accepted = await accept(eventOf(await tenantWith(2)));
    await stop();
    expect(accepted).toEqual({ status: 'accepted', id: expect.any(String), deliveries: 2 });
    const loaded = await loadDeliveries(
      database.pool,
      jobs.map((job) => job.deliveryId),
    );
    const eventId = accepted.status === 'accepted' && accepted.id;
    expect(loaded).toMatchObject([{ delivery: { eventId } }, { delivery: { eventId } }]);
    const webhookIds = loaded.map((one) => typeof one === 'object' && one.webhook.id);
    expect(new Set(webhookIds).size).toBe(2);
  });

  it.each([
    ['one webhook', 1, {}],
    ['several webhooks', 3, {}],
    ['an idempotency key', 1, { idempotencyKey: 'k' }],
  ])('starts deliveries with what a worker would load, for %s', async (_case, webhooks, event) => {
    const started: TenantJob[] = [];
    const { accept, stop, jobs } = startAcceptor({
      startOrReturn: (startable) => {
        started.push(...startable);
        return startable.slice(1);
      },
    });
    const beforeMs = performance.now();
    await accept(eventOf(await tenantWith(webhooks), event));
    await stop();
    const loaded = await loadDeliveries(
      database.pool,
      started.map(({ deliveryId }) => deliveryId),
    );
    expect(started.map(({ stored }) => stored)).toEqual(loaded.map(toStored));
    expect(started).toHaveLength(webhooks);
    expect(jobs).toEqual(started.slice(1));
    const { monotonicMs = 0 } = started[0]?.stored?.readAt ?? {};
    expect(monotonicMs).toBeGreaterThanOrEqual(beforeMs);
    expect(monotonicMs).toBeLessThan(performance.now());
  });

  it('starts no delivery of an event with many', async () => {
    const startOrReturn = jest.fn<StartOrReturn>((jobs) => [...jobs]);
    const { accept, stop } = startAcceptor({ startOrReturn });
    await accept(eventOf(await tenantWith(101)));
    await stop();
    expect(startOrReturn.mock.calls.flatMap(([jobs]) => jobs.filter(({ stored }) => stored))).toEqual([]);
  });

  it('composes the body that receivers get', async () => {
    const { accept } = startAcceptor();
    const occurredAt = new Date('2026-02-01T00:00:00.123Z');
    const accepted = await accept(eventOf(DEFAULT_TENANT_ID, { occurredAt, data: { b: 1, a: [null] } }));
    expect(await bodyOf(accepted)).toEqual({
      id: accepted.status === 'accepted' && encodeId('event', accepted.id),
      type: 'invoice.paid',
      timestamp: '2026-02-01T00:00:00.123Z',
      data: { b: 1, a: [null] },
    });
  });

  it('creates no deliveries without a matching webhook', async () => {
    const { accept, stop, jobs } = startAcceptor();
    expect(await accept(eventOf(await tenantWith(0)))).toMatchObject({ status: 'accepted', deliveries: 0 });
    await stop();
    expect(jobs).toEqual([]);
  });

  it('returns the right result to each of many concurrent calls', async () => {
    const { accept, stop, jobs } = startAcceptor();
    const [none, one] = [await tenantWith(0), await tenantWith(1)];
    const accepted = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        accept(eventOf(index % 2 === 0 ? none : one, { data: { index } })),
      ),
    );
    await stop();
    const bodies = await Promise.all(accepted.map(bodyOf));
    bodies.forEach((body, index) => expect(body).toMatchObject({ data: { index } }));
    accepted.forEach((result, index) => expect(result).toMatchObject({ deliveries: index % 2 }));
    expect(jobs).toHaveLength(150);
  });
});

describe('duplicate', () => {
  it('returns the first event with the same idempotency key, concurrently and later', async () => {
    const { accept, stop, jobs } = startAcceptor();
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const results = [...(await Promise.all([accept(event), accept(event)])), await accept(event)];
    await stop();
    expect(results.map((result) => result.status)).toEqual(['accepted', 'duplicate', 'duplicate']);
    expect(new Set(results.map((result) => result.status !== 'rejected' && result.id)).size).toBe(1);
    expect(results[2]).toMatchObject({ deliveries: 1 });
    expect(jobs).toHaveLength(1);
  });

  it('returns the first event when a push is read again', async () => {
    const { accept, stop, jobs } = startAcceptor();
    const tenantId = await tenantWith(1);
    const push = eventOf(tenantId, { pushed: { id: 'events:1:2', at: new Date(Date.now() - 5000) } });
    const [first, second] = [await accept(push), await accept(push)];
    await stop();
    expect(second).toEqual({ ...first, status: 'duplicate' });
    expect(jobs).toHaveLength(1);
  });

  it('returns the first event when a push is read again days later', async () => {
    const { accept, stop, jobs } = startAcceptor();
    const at = new Date(Date.now() - 3 * 24 * 3_600_000);
    const push = eventOf(await tenantWith(1), { pushed: { id: 'events:1:5', at } });
    const first = composeEvent(pendingEvent(push), { now: at });
    await acceptEvents(database.pool, [first]);
    expect(idTimeMs(first.id)).toBe(at.getTime());
    expect(await accept(push)).toEqual({ status: 'duplicate', id: first.id, deliveries: 1 });
    await stop();
    expect(jobs).toEqual([]);
  });

  it('returns the first event when a push has a time in the future', async () => {
    const { accept } = startAcceptor();
    const push = eventOf(await tenantWith(1), {
      pushed: { id: 'events:1:3', at: new Date(Date.now() + 60_000) },
    });
    const [first, second] = [await accept(push), await accept(push)];
    expect(second).toEqual({ ...first, status: 'duplicate' });
  });

  it('returns the first event when a push has a time that its id cannot have', async () => {
    const { accept } = startAcceptor();
    const tenantId = await tenantWith(0);
    const farFuture = eventOf(tenantId, { pushed: { id: 'events:1:4', at: new Date(8e15) } });
    const first = await accept(farFuture);
    await eventually(() => expect(Date.now()).toBeGreaterThan(idTimeMs(acceptedOf(first).id)));
    expect(await accept(farFuture)).toEqual({ ...first, status: 'duplicate' });
  });
});

describe('another event with a used idempotency key', () => {
  it('is rejected, and names the first event', async () => {
    const { accept } = startAcceptor();
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const { id } = acceptedOf(await accept(event));
    for (const other of [{ data: { amount: 2 } }, { type: 'invoice.sent' }])
      expect(await accept({ ...event, ...other })).toEqual({
        status: 'rejected',
        code: 'idempotency_key_reused',
        message: expect.stringContaining(encodeId('event', id)),
        errors: [],
      });
    expect(await accept({ ...event, occurredAt: new Date() })).toMatchObject({ status: 'duplicate', id });
  });

  it.each([
    ['at random times', {}],
    ['at the same time', { occurredAt: new Date() }],
  ])('is rejected in the same batch, in which the first event counts, %s', async (_name, time) => {
    const { acceptAll } = startAcceptor();
    const first = eventOf(await tenantWith(1), { idempotencyKey: 'k', ...time });
    const others = Array.from({ length: 20 }, (_, amount) => ({ ...first, data: { amount: amount + 2 } }));
    const results = await acceptAll([first, ...others, first]);
    expect(results.map(({ status }) => status)).toEqual([
      'accepted',
      ...others.map(() => 'rejected'),
      'duplicate',
    ]);
  });

  it('is rejected if two processes accept both at once, and one of them is stored', async () => {
    const processes = [startAcceptor(), startAcceptor()];
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const results = await Promise.all(
      processes.map(({ accept }, amount) => accept({ ...event, data: { amount } })),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(['accepted', 'rejected']);
  });

  it('is accepted if the first event has expired', async () => {
    const { accept } = startAcceptor();
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const { id } = acceptedOf(await accept(event));
    await forget('event', 'id', id);
    const other = { ...event, data: { amount: 2 } };
    const second = acceptedOf(await accept(other));
    expect(second.status).toBe('accepted');
    expect(await accept(other)).toEqual({ ...second, status: 'duplicate' });
    expect(await accept(event)).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('is a duplicate if the key has no digest', async () => {
    const { accept } = startAcceptor();
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const { id } = acceptedOf(await accept(event));
    await database.pool.query('UPDATE event_idempotency SET digest = NULL WHERE event_id = $1', [id]);
    expect(await accept({ ...event, data: { amount: 2 } })).toMatchObject({ status: 'duplicate', id });
  });
});

const keyed = async () =>
  eventOf(await tenantWith(1), { idempotencyKey: 'k', occurredAt: new Date(Date.now() - 5000) });

const forget = (table: string, column: string, id: string) =>
  database.pool.query(`DELETE FROM ${table} WHERE ${column} = $1`, [id]);

describe('an event with an idempotency key and the time at which it occurred', () => {
  it('gets the same id and body again after PostgreSQL has lost it', async () => {
    const { accept } = startAcceptor();
    const event = await keyed();
    const first = acceptedOf(await accept(event));
    const body = await bodyOf(first);
    await forget('event', 'id', first.id);
    await forget('pending_delivery', 'event_id', first.id);
    await forget('event_idempotency', 'event_id', first.id);
    expect(await accept(event)).toEqual(first);
    expect(await bodyOf(first)).toEqual(body);
  });

  it('is a duplicate by its id if only its key was lost, and its batch is stored', async () => {
    const { accept, acceptAll } = startAcceptor();
    const event = await keyed();
    const first = acceptedOf(await accept(event));
    await forget('event_idempotency', 'event_id', first.id);
    const [again, other] = await acceptAll([event, eventOf(event.tenantId)]);
    expect(again).toEqual({ ...first, status: 'duplicate' });
    expect(other).toMatchObject({ status: 'accepted', deliveries: 1 });
    expect(await accept(event)).toEqual({ ...first, status: 'duplicate' });
  });

  it('is stored once when a call has it twice', async () => {
    const { acceptAll, stop, jobs } = startAcceptor();
    const event = await keyed();
    const [first, second] = (await acceptAll([event, event])).map(acceptedOf);
    await stop();
    expect(second).toEqual({ ...first, status: 'duplicate' });
    expect(jobs).toHaveLength(1);
  });
});

/** Does what an erasure does. */
async function erase(id: string): Promise<void> {
  await database.pool.query(
    'UPDATE event SET body = NULL, deflated_body = int4send(7), context = NULL WHERE id = $1',
    [id],
  );
  await forget('event_idempotency', 'event_id', id);
}

describe('an event that is published again after it was erased', () => {
  it('is a new event each time, also with the time at which it occurred', async () => {
    const { accept } = startAcceptor();
    const event = await keyed();
    const first = acceptedOf(await accept(event));
    await erase(first.id);
    const second = acceptedOf(await accept(event));
    expect(second).toMatchObject({ status: 'accepted', deliveries: 1 });
    expect(second.id).not.toBe(first.id);
    expect(await bodyOf(second)).toMatchObject({ id: encodeId('event', second.id) });
    expect(await accept(event)).toEqual({ ...second, status: 'duplicate' });
    await erase(second.id);
    const third = acceptedOf(await accept(event));
    expect(third.status).toBe('accepted');
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
  });

  it('is stored once when a call has it twice, or two processes accept it', async () => {
    const { accept, acceptAll } = startAcceptor();
    const event = await keyed();
    await erase(acceptedOf(await accept(event)).id);
    const [first, second] = (await acceptAll([event, event])).map(acceptedOf);
    expect(first?.status).toBe('accepted');
    expect(second).toEqual({ ...first, status: 'duplicate' });
    await erase(first?.id ?? '');
    const results = await Promise.all([accept(event), startAcceptor().accept(event)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['accepted', 'duplicate']);
  });

  it('is a duplicate if it is a push that is read again', async () => {
    const { accept } = startAcceptor();
    const push = { ...(await keyed()), pushed: { id: 'events:1:2', at: new Date() } };
    const first = acceptedOf(await accept(push));
    await erase(first.id);
    expect(await accept(push)).toEqual({ ...first, status: 'duplicate' });
  });
});

async function isStored({ id }: AcceptedResult): Promise<boolean> {
  const { rowCount } = await database.pool.query('SELECT FROM event WHERE id = $1', [id]);
  return rowCount === 1;
}

describe('an event whose original', () => {
  it('has expired is accepted, and its duplicates return the new event', async () => {
    const { accept, acceptAll, stop, jobs } = startAcceptor();
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const first = acceptedOf(await accept(event));
    await database.pool.query('DELETE FROM event WHERE id = $1', [first.id]);

    const [second, third] = (await acceptAll([event, event, eventOf(event.tenantId)])).map(acceptedOf);
    await stop();
    expect([second?.status, third?.status]).toEqual(['accepted', 'duplicate']);
    expect(second?.id).not.toBe(first.id);
    expect(third?.id).toBe(second?.id);
    expect(second && (await isStored(second))).toBe(true);
    expect(await accept(event)).toEqual({ ...second, status: 'duplicate' });
    expect(jobs).toHaveLength(3);
  });

  it('expires with its key before it is looked up is accepted', async () => {
    const event = eventOf(await tenantWith(1), { idempotencyKey: 'k' });
    const first = acceptedOf(await startAcceptor().accept(event));
    const expireFirst = {
      options: database.pool.options,
      async query(statement: { text: string }) {
        if (statement.text.includes('LEFT JOIN event_idempotency')) {
          await forget('event', 'id', first.id);
          await forget('event_idempotency', 'event_id', first.id);
        }
        return database.pool.query(statement);
      },
    };
    const { accept } = startAcceptor({ hotPathPool: expireFirst as unknown as Pool });
    const second = acceptedOf(await accept(event));
    expect(second.status).toBe('accepted');
    expect(await isStored(second)).toBe(true);
  });
});

describe('pushed event', () => {
  it('is published at the time of the push, but never in the future', async () => {
    const { accept } = startAcceptor();
    const at = new Date(Date.now() - 60_000);
    const past = await accept(eventOf(DEFAULT_TENANT_ID, { pushed: { id: 'p1', at } }));
    expect(await bodyOf(past)).toMatchObject({ timestamp: at.toISOString() });

    const farFuture = await accept(eventOf(DEFAULT_TENANT_ID, { pushed: { id: 'p2', at: new Date(8e15) } }));
    const { rows } = await database.pool.query<{ published_at: Date }>(
      'SELECT published_at FROM event WHERE id = $1',
      [farFuture.status === 'accepted' && farFuture.id],
    );
    expect(Math.abs(Date.now() - (rows[0]?.published_at.getTime() ?? 0))).toBeLessThan(60_000);
  });

  it('is not delivered to a webhook that became active after the push', async () => {
    const { accept } = startAcceptor();
    const tenantId = await tenantWith(1);
    const at = new Date('2025-12-31T00:00:00Z');
    expect(await accept(eventOf(tenantId, { pushed: { id: 'p3', at } }))).toMatchObject({ deliveries: 0 });
  });
});

describe('rejects', () => {
  it('an event that violates the schema of its type, with the path of the violation', async () => {
    await database.pool.query(`INSERT INTO event_type (name, schema) VALUES ('strict', $1)`, [
      { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
    ]);
    const { accept } = startAcceptor();
    const [good, bad, other] = await Promise.all([
      accept(eventOf(DEFAULT_TENANT_ID, { type: 'strict', data: { amount: 1 } })),
      accept(eventOf(DEFAULT_TENANT_ID, { type: 'strict', data: { amount: 'x' } })),
      accept(eventOf(DEFAULT_TENANT_ID, { type: 'free', data: { amount: 'x' } })),
    ]);
    expect([good?.status, other?.status]).toEqual(['accepted', 'accepted']);
    expect(bad).toEqual({
      status: 'rejected',
      code: 'schema_violation',
      message: 'The data violates the schema of strict: data.amount must be number',
      errors: [
        {
          path: 'data.amount',
          code: 'type_mismatch',
          params: { types: 'number' },
          message: 'must be number',
        },
      ],
    });
  });

  it('an event whose body is too large, counted in bytes', async () => {
    const { accept } = startAcceptor();
    const tenantId = await tenantWith(0);
    const fits = eventOf(tenantId, { data: { text: 'ä'.repeat(MAX_EVENT_BYTES / 2 - 100) } });
    const tooLarge = eventOf(tenantId, { data: { text: 'ä'.repeat(MAX_EVENT_BYTES / 2 - 50) } });
    expect(await accept(fits)).toMatchObject({ status: 'accepted' });
    expect(await accept(tooLarge)).toMatchObject({ status: 'rejected', code: 'payload_too_large' });
  });

  it('only the events of a type whose stored schema is invalid', async () => {
    const { accept } = startAcceptor();
    const tenantId = await tenantWith(0);
    await database.pool.query(
      `INSERT INTO event_type (name, schema) VALUES ('broken', '{"type": "nonsense"}')`,
    );
    const [broken, other] = await Promise.all([
      accept(eventOf(tenantId, { type: 'broken' })),
      accept(eventOf(tenantId)),
    ]);
    expect(broken).toMatchObject({ status: 'rejected', code: 'schema_violation' });
    expect(other).toMatchObject({ status: 'accepted' });
  });

  it('only the events of an unknown tenant', async () => {
    const { accept } = startAcceptor();
    const tenantId = await database.addTenant();
    const [unknown, known] = await Promise.all([accept(eventOf(newId())), accept(eventOf(tenantId))]);
    expect(unknown).toMatchObject({ status: 'rejected', code: 'unknown_tenant' });
    expect(known).toMatchObject({ status: 'accepted' });
  });

  it.each(['suspended', 'deleted'] as const)('only the events of a tenant that is %s', async (status) => {
    const { accept, acceptAll } = startAcceptor();
    const [stopped, other] = [await database.addTenant(), await database.addTenant()];
    // Nothing is known about either, then both are known as tenants without rules.
    await Promise.all([accept(eventOf(stopped)), accept(eventOf(other))]);
    const set = (to: string) =>
      database.pool.query('UPDATE tenant SET status = $2 WHERE id = $1', [stopped, to]);
    await set(status);
    for (let repeated = 0; repeated < 2; repeated += 1) {
      const results = await acceptAll([eventOf(stopped), eventOf(other)]);
      expect(results).toMatchObject([
        { status: 'rejected', code: `tenant_${status}` },
        { status: 'accepted' },
      ]);
    }
    await set('active');
    expect(await accept(eventOf(stopped))).toMatchObject({ status: 'accepted' });
  });

  it('only the event that PostgreSQL cannot store', async () => {
    const { accept } = startAcceptor();
    const [bad, good] = await Promise.allSettled([
      accept(eventOf(DEFAULT_TENANT_ID, { idempotencyKey: 'NUL \0' })),
      accept(eventOf(DEFAULT_TENANT_ID)),
    ]);
    expect([bad?.status, good?.status]).toEqual(['rejected', 'fulfilled']);
  });
});

describe('while the data key of a tenant cannot be opened', () => {
  it('stores the events of others, and asks to retry those of the tenant', async () => {
    const sealer = createSealer(randomBytes(32));
    const payloadKeys = () => new PayloadKeys({ pool: database.pool, sealer, encrypts: true });
    const [damaged, other] = [await tenantWith(1), await tenantWith(1)];
    await payloadKeys().forPayloads([damaged]);
    await database.pool.query(`UPDATE payload_key SET sealed_key = 'damaged' WHERE tenant_id = $1`, [
      damaged,
    ]);
    const { accept } = startAcceptor({ payloadKeys: payloadKeys() });
    const [first, second] = await Promise.allSettled([accept(eventOf(damaged)), accept(eventOf(other))]);
    expect(first).toMatchObject({ status: 'rejected' });
    expect(first.status === 'rejected' && isTransient(first.reason)).toBe(true);
    expect(second).toMatchObject({ status: 'fulfilled', value: { status: 'accepted' } });
  });
});

describe('while Redis is unavailable', () => {
  it('accepts events and reports the missing jobs', async () => {
    const { accept, stop, onEnqueueError } = startAcceptor({
      enqueue: () => Promise.reject(new Error('unavailable')),
    });
    const tenantId = await tenantWith(1);
    expect(await accept(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
    expect(await accept(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
    await stop();
    expect(onEnqueueError).toHaveBeenCalledTimes(2);
    expect(onEnqueueError).toHaveBeenCalledWith(new Error('unavailable'));
  });
});

/** Returns the check of a key, by default for all tenants. */
async function keyCheck({
  isRevoked = false,
  tenantId = null,
}: { isRevoked?: boolean; tenantId?: string | null } = {}): Promise<KeyCheck> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO api_key (id, name, key_hash, prefix, scopes, revoked_at, tenant_id)
     VALUES ($1, '', decode(md5($1::uuid::text), 'hex'), '', '{events:write}', $2, $3)`,
    [id, isRevoked ? new Date() : null, tenantId],
  );
  return { key: { id, rights: [tenantId ?? [], 'events:write'].flat().join(' ') }, state: 'pending' };
}

describe('events of a key that the statement checks', () => {
  it('are refused alone when their key is revoked, and the others of the batch are stored', async () => {
    const { accept, stop } = startAcceptor();
    const tenantId = await tenantWith(0);
    const [revoked, active] = [await keyCheck({ isRevoked: true }), await keyCheck()];
    const type = newId();
    const events = [active, revoked, undefined, active, revoked].map((check) =>
      accept(eventOf(tenantId, { type, keyCheck: check })),
    );
    const settled = await Promise.allSettled(events);
    await stop();
    const refused = { status: 'rejected', reason: { code: 'unauthorized' } };
    const stored = { status: 'fulfilled', value: { status: 'accepted' } };
    expect(settled).toMatchObject([stored, refused, stored, stored, refused]);
    expect([active.state, revoked.state]).toEqual(['active', 'refused']);
    const { rows } = await database.pool.query('SELECT FROM event WHERE type = $1', [type]);
    expect(rows).toHaveLength(3);
  });

  it('leave the check to be made if no statement ran', async () => {
    const { accept } = startAcceptor();
    const check = await keyCheck();
    const tooLarge = { text: 'x'.repeat(MAX_EVENT_BYTES) };
    const result = await accept(eventOf(await tenantWith(0), { data: tooLarge, keyCheck: check }));
    expect(result).toMatchObject({ status: 'rejected', code: 'payload_too_large' });
    expect(check.state).toBe('pending');
  });

  it('leave the check of a deleted tenant to be made, beside stored events of others', async () => {
    const { accept, stop } = startAcceptor();
    const [deleted, other] = [await tenantWith(0), await tenantWith(0)];
    await database.pool.query(
      `UPDATE tenant SET status = 'deleted', epoch = 1, deleted_at = now() WHERE id = $1`,
      [deleted],
    );
    const [ofDeleted, ofOther] = [await keyCheck({ tenantId: deleted }), await keyCheck({ tenantId: other })];
    const results = await Promise.all([
      accept(eventOf(other, { keyCheck: ofOther })),
      accept(eventOf(deleted, { keyCheck: ofDeleted })),
    ]);
    await stop();
    expect(results).toMatchObject([{ status: 'accepted' }, { status: 'rejected', code: 'tenant_deleted' }]);
    expect([ofOther.state, ofDeleted.state]).toEqual(['active', 'pending']);
  });
});
