import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { acceptEvents, type RememberedKey } from '../src/events/accept-events.js';
import { findDuplicates } from '../src/events/find-duplicates.js';
import type { NewEvent } from '../src/events/new-event.js';
import { addTenant, addWebhook, newEvent, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** Creates a tenant with these webhooks. `accept` returns the webhooks that each event matched. */
async function tenantWith(...webhooks: WebhookRow[]) {
  const tenantId = await addTenant(db.pool);
  const ids: string[] = [];
  for (const webhook of webhooks) ids.push(await addWebhook(db.pool, { tenantId, ...webhook }));
  const accept = async (...events: Partial<NewEvent>[]) => {
    const accepted = await acceptEvents(
      db.pool,
      events.map((event) => newEvent({ tenantId, ...event })),
    );
    return Promise.all(accepted.map(({ eventId }) => webhooksOf(eventId)));
  };
  return { tenantId, ids, accept };
}

async function webhooksOf(eventId: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ webhook_id: string }>(
    'SELECT webhook_id FROM delivery WHERE event_id = $1 ORDER BY webhook_id',
    [eventId],
  );
  return rows.map((row) => row.webhook_id);
}

const count = async (sql: string, values: unknown[]): Promise<number> => {
  const { rows } = await db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, values);
  return rows[0]?.n ?? 0;
};

describe('matching', () => {
  it('matches subscriptions to the type, to a prefix and to all events', async () => {
    const { ids, accept } = await tenantWith(
      { patterns: ['invoice.paid.late'] },
      { patterns: ['invoice.paid.*'] },
      { patterns: ['invoice.*'] },
      { patterns: ['*'] },
      { patterns: ['invoice.paid'] },
      { patterns: ['invoices.*'] },
    );
    expect(await accept({ type: 'invoice.paid.late' })).toEqual([ids.slice(0, 4)]);
  });

  it('creates one delivery for a webhook with several matching patterns', async () => {
    const { ids, accept } = await tenantWith({ patterns: ['a.b', 'a.*', '*'] });
    expect(await accept({ type: 'a.b' })).toEqual([ids]);
  });

  it.each(['pending_validation', 'suspended', 'deleted'] as const)(
    'skips a webhook that is %s',
    async (status) => {
      const { accept } = await tenantWith({ status });
      expect(await accept({}, { pushed: true })).toEqual([[], []]);
    },
  );

  it('skips webhooks of other tenants', async () => {
    const other = await tenantWith({});
    const { accept } = await tenantWith();
    expect(await accept({})).toEqual([[]]);
    expect(await other.accept({})).toEqual([other.ids]);
  });

  it('dates a push in the future now, by the clock of PostgreSQL', async () => {
    const [accepted] = await acceptEvents(db.pool, [
      newEvent({
        tenantId: await addTenant(db.pool),
        pushed: true,
        publishedAt: new Date(Date.now() + 86_400_000),
      }),
    ]);
    // The column rounds to milliseconds, perhaps into the future.
    const { rows } = await db.pool.query<{ isPast: boolean }>(
      `SELECT published_at <= now() + interval '1 ms' AS "isPast" FROM event WHERE id = $1`,
      [accepted?.eventId],
    );
    expect(rows).toEqual([{ isPast: true }]);
  });

  it('skips events pushed before the webhook became active, to the millisecond', async () => {
    const activeSince = new Date('2026-02-01T00:00:00.500Z');
    const { ids, accept } = await tenantWith({ activeSince });
    const before = new Date(activeSince.getTime() - 1);
    expect(
      await accept({ pushed: true, publishedAt: before }, { pushed: true, publishedAt: activeSince }),
    ).toEqual([[], ids]);
  });

  it('matches events published over HTTP regardless of clock differences', async () => {
    const { ids, accept } = await tenantWith({ activeSince: new Date(Date.now() + 60_000) });
    expect(await accept({ pushed: false, publishedAt: new Date() })).toEqual([ids]);
  });

  it('copies the epoch and makes the delivery due immediately', async () => {
    const { tenantId } = await tenantWith({ epoch: 7 });
    const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId })]);
    const { rows } = await db.pool.query('SELECT * FROM delivery WHERE id = $1', [
      accepted?.deliveries[0]?.id,
    ]);
    expect(rows).toEqual([
      expect.objectContaining({
        event_id: accepted?.eventId,
        tenant_id: tenantId,
        epoch: 7,
        status: 'pending',
        attempt_count: 0,
        parked: false,
        settled_at: null,
      }),
    ]);
    expect(rows[0]?.next_attempt_at.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it('creates 10,000 deliveries of one event', async () => {
    const { tenantId } = await tenantWith();
    await db.pool.query(
      `WITH w AS (
         INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status)
         SELECT posthorn_uuidv7(), $1, 'https://r.example/', '[]', 1000, 'active' FROM generate_series(1, 10000)
         RETURNING id
       )
       INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) SELECT $1, '*', id FROM w`,
      [tenantId],
    );
    const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId })]);
    expect(new Set(accepted?.deliveries.map(({ id }) => id)).size).toBe(10_000);
    expect(await count('delivery WHERE tenant_id = $1', [tenantId])).toBe(10_000);
  });
});

describe('inserting', () => {
  it('preserves the body byte for byte', async () => {
    const body = '{"b":1, "a":"\\u0000 é 😀 \\ud800","a":2}';
    const event = newEvent({ body });
    await acceptEvents(db.pool, [event]);
    const { rows } = await db.pool.query('SELECT body, type FROM event WHERE id = $1', [event.id]);
    expect(rows).toEqual([{ body, type: event.type }]);
  });

  it('rolls back a batch that contains an invalid event', async () => {
    const { tenantId } = await tenantWith({});
    const good = newEvent({ tenantId });
    const bad = newEvent({ tenantId, body: 'NUL \0' });
    await expect(acceptEvents(db.pool, [good, bad])).rejects.toThrow();
    expect(await count('event WHERE tenant_id = $1', [tenantId])).toBe(0);
    expect(await count('delivery WHERE tenant_id = $1', [tenantId])).toBe(0);
  });
});

describe('duplicates', () => {
  it('accepts an id once, within a batch and across batches', async () => {
    const { ids, tenantId } = await tenantWith({});
    const event = newEvent({ tenantId, pushed: true });
    const accepted = await acceptEvents(db.pool, [event, event]);
    expect(accepted).toEqual([
      {
        eventId: event.id,
        available: 0,
        deliveries: [{ id: expect.any(String), lane: 'fast', isChained: false, stored: null }],
      },
    ]);
    expect(await acceptEvents(db.pool, [event])).toEqual([]);
    expect(await webhooksOf(event.id)).toEqual(ids);
    expect(await findDuplicates(db.pool, [event])).toEqual([
      { eventId: event.id, deliveries: 1, isOtherEvent: false },
    ]);
  });

  it('accepts an idempotency key once per batch', async () => {
    const { tenantId, accept } = await tenantWith({});
    expect(
      await accept({ idempotencyKey: 'k' }, { idempotencyKey: 'k' }, { idempotencyKey: 'l' }),
    ).toHaveLength(2);
    expect(await count('event WHERE tenant_id = $1', [tenantId])).toBe(2);
    expect(await count('delivery WHERE tenant_id = $1', [tenantId])).toBe(2);
  });

  it('accepts an idempotency key once across batches, and finds the original event', async () => {
    const { tenantId } = await tenantWith({}, {});
    const first = newEvent({ tenantId, idempotencyKey: 'k' });
    const second = newEvent({ tenantId, idempotencyKey: 'k' });
    expect(await acceptEvents(db.pool, [first])).toHaveLength(1);
    expect(await acceptEvents(db.pool, [second])).toEqual([]);
    expect(await findDuplicates(db.pool, [second])).toEqual([
      { eventId: first.id, deliveries: 2, isOtherEvent: false },
    ]);
  });

  it('finds that the original is another event by the digest stored with its key', async () => {
    const { tenantId } = await tenantWith();
    const keyed = (digest: string | null) => newEvent({ tenantId, idempotencyKey: 'k', digest });
    const [digest, otherDigest] = [newId(), newId()];
    expect(await acceptEvents(db.pool, [keyed(digest)])).toHaveLength(1);
    const found = await findDuplicates(db.pool, [keyed(digest), keyed(otherDigest), keyed(null)]);
    expect(found.map((original) => original?.isOtherEvent)).toEqual([false, true, false]);
  });

  it('stores the first event of a batch with a key', async () => {
    const { tenantId } = await tenantWith();
    const events = Array.from({ length: 50 }, () => newEvent({ tenantId, idempotencyKey: 'k' })).toReversed();
    expect(await acceptEvents(db.pool, events)).toMatchObject([{ eventId: events[0]?.id }]);
  });

  it('isolates the idempotency keys of tenants', async () => {
    const one = await tenantWith();
    const other = await tenantWith();
    expect(await one.accept({ idempotencyKey: 'k' })).toHaveLength(1);
    expect(await other.accept({ idempotencyKey: 'k' })).toHaveLength(1);
  });

  it('accepts each key once when batches with the same keys run concurrently', async () => {
    const { tenantId } = await tenantWith({});
    const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
    const batch = (order: string[]) => order.map((idempotencyKey) => newEvent({ tenantId, idempotencyKey }));
    const results = await Promise.all(
      [keys, keys.toReversed(), keys, keys.toReversed()].map((order) => acceptEvents(db.pool, batch(order))),
    );
    expect(results.flat()).toHaveLength(50);
    expect(await count('event WHERE tenant_id = $1', [tenantId])).toBe(50);
    expect(await count('delivery WHERE tenant_id = $1', [tenantId])).toBe(50);
  });

  it('accepts a key whose first transaction was rolled back', async () => {
    const { tenantId } = await tenantWith();
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO event_idempotency (tenant_id, key, generation, event_id)
       SELECT $1, 'k', number, $2 FROM event_idempotency_generation`,
      [tenantId, newId()],
    );
    const waiting = acceptEvents(db.pool, [newEvent({ tenantId, idempotencyKey: 'k' })]);
    await client.query('ROLLBACK');
    client.release();
    expect(await waiting).toHaveLength(1);
  });

  it('finds no original for an event that is not stored', async () => {
    const { tenantId } = await tenantWith();
    const [first, last] = [newEvent({ tenantId, idempotencyKey: 'k' }), newEvent({ tenantId })];
    await acceptEvents(db.pool, [last]);
    const found = await findDuplicates(db.pool, [first, newEvent({ tenantId, pushed: true }), last]);
    expect(found).toEqual([null, null, { eventId: last.id, deliveries: 0, isOtherEvent: false }]);
  });

  it('returns the originals in the order of the duplicates', async () => {
    const { tenantId } = await tenantWith({});
    const events = Array.from({ length: 5 }, (_, index) =>
      newEvent({ tenantId, idempotencyKey: `k${index}` }),
    );
    await acceptEvents(db.pool, events);
    const found = await findDuplicates(db.pool, events.toReversed());
    expect(found.map((original) => original?.eventId)).toEqual(events.map((event) => event.id).toReversed());
  });
});

async function addKey(
  fields: { tenantId?: string | null; expiresAt?: Date; revokedAt?: Date; parentId?: string } = {},
) {
  const { tenantId = null, expiresAt = null, revokedAt = null, parentId = null } = fields;
  const id = newId();
  await db.pool.query(
    `INSERT INTO api_key (id, tenant_id, name, key_hash, prefix, scopes, expires_at, revoked_at, parent_id)
     VALUES ($1, $2, '', decode(md5($1::uuid::text), 'hex'), '', '{events:write,webhooks:read}', $3, $4, $5)`,
    [id, tenantId, expiresAt, revokedAt, parentId],
  );
  return { id, rights: [tenantId ?? [], 'events:write', 'webhooks:read'].flat().join(' ') };
}

/** Changes the rights of a key that the process remembers. */
async function changed(key: RememberedKey, set: string): Promise<RememberedKey> {
  await db.pool.query(`UPDATE api_key SET ${set} WHERE id = $1`, [key.id]);
  return key;
}

const past = new Date(Date.now() - 60_000);
const acceptWith = async (...keys: RememberedKey[]) => {
  const event = newEvent();
  const accepted = await acceptEvents(db.genericPlanPool, [event], { eventIds: [], webhookIds: [], keys });
  return { accepted, stored: await count('event WHERE id = $1', [event.id]) };
};

describe('keys to check', () => {
  it('do not matter while they are active and have the same rights', async () => {
    const tenantId = await addTenant(db.pool);
    const parent = await addKey({ tenantId, expiresAt: new Date(Date.now() + 60_000) });
    const keys = [await addKey(), parent, await addKey({ tenantId, parentId: parent.id })];
    expect(await acceptWith(...keys)).toMatchObject({ accepted: [{}], stored: 1 });
  });

  it('prevent that anything is stored, and are returned, when they are not', async () => {
    const active = await addKey();
    const revoked = await addKey({ revokedAt: past });
    const refused = [
      revoked,
      await addKey({ expiresAt: past }),
      await addKey({ parentId: revoked.id }),
      { ...(await addKey()), rights: 'events:write' },
      { ...(await addKey()), rights: `${await addTenant(db.pool)} events:write webhooks:read` },
      await changed(await addKey(), "role = 'admin'"),
      await changed(await addKey(), `tenant_ids = '{${await addTenant(db.pool)}}'`),
      { ...active, id: newId() },
    ];
    for (const key of refused) {
      const expected = { accepted: { refusedKeyIds: [key.id] }, stored: 0 };
      expect(await acceptWith(active, key)).toEqual(expected);
    }
  });
});
