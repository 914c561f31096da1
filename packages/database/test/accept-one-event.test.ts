import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { acceptEventsWithoutRules, type RememberedKey } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { addTenant, addWebhook, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

// One event has its own statement. It must do the same as the statement for a batch.

const db = useDatabase();

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

interface Stored {
  event: unknown;
  deliveries: unknown[];
}

async function storedOf(id: string): Promise<Stored> {
  const { rows: events } = await db.pool.query(
    `SELECT tenant_id, type, body, deflated_body, displaced, context, published_at BETWEEN now() - interval '5 minutes' AND now() + interval '1 second' AS is_recent
     FROM event WHERE id = $1`,
    [id],
  );
  const { rows: deliveries } = await db.pool.query(
    `SELECT webhook_id, tenant_id, epoch, attempt_count, left(id::text, 18) = left(event_id::text, 18) AS has_prefix
     FROM pending_delivery WHERE event_id = $1 ORDER BY webhook_id`,
    [id],
  );
  return { event: events[0], deliveries };
}

type Result = Awaited<ReturnType<typeof acceptEventsWithoutRules>>;

/** Replaces ids, which differ between two events. */
const outlineOf = (result: Result) =>
  Array.isArray(result)
    ? result.slice(0, 1).map(({ deliveries }) => deliveries.map(({ lane }) => lane).toSorted())
    : result;

/** Accepts an event alone, and the same one with another id in a batch. Returns what happened in each case. */
async function bothWays(event: NewEvent, keys: RememberedKey[] = []) {
  const [alone, first, second] = [event, { ...event, id: newId() }, { ...event, id: newId() }];
  const one = await acceptEventsWithoutRules(db.genericPlanPool, [alone], { keys });
  const batch = await acceptEventsWithoutRules(db.genericPlanPool, [first, second], { keys });
  return [
    { result: outlineOf(one), ...(await storedOf(alone.id)) },
    { result: outlineOf(batch), ...(await storedOf(first.id)) },
  ] as const;
}

async function keyOf(tenantId: string, revokedAt: Date | null = null): Promise<RememberedKey> {
  const id = newId();
  await db.pool.query(
    `INSERT INTO api_key (id, tenant_id, name, key_hash, prefix, scopes, revoked_at)
     VALUES ($1, $2, '', decode(md5($1::uuid::text), 'hex'), '', '{events:write}', $3)`,
    [id, tenantId, revokedAt],
  );
  return { id, rights: `${tenantId} events:write` };
}

/** A tenant with webhooks of every kind. */
async function tenantWithWebhooks(): Promise<string> {
  const tenantId = await addTenant(db.pool);
  await addWebhook(db.pool, { tenantId, patterns: ['*', 'order.*', 'order.paid'], epoch: 4 });
  await addWebhook(db.pool, { tenantId, patterns: ['other'] });
  await addWebhook(db.pool, { tenantId, patterns: ['order.*'], status: 'suspended' });
  await addWebhook(db.pool, { tenantId, activeSince: minutesAgo(1) });
  await addWebhook(db.pool, { patterns: ['order.paid'] });
  const slow = await addWebhook(db.pool, { tenantId, patterns: ['order.paid'] });
  await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [slow]);
  return tenantId;
}

describe('one event', () => {
  it.each<[string, Partial<NewEvent>, number]>([
    ['of a type with subscriptions', {}, 3],
    ['of a type without subscriptions', { type: 'another' }, 2],
    ['with a large body', { body: `{"a":"${'x'.repeat(3000)}"}` }, 3],
    ['with a body that is deflated', { body: `{"a":"${'x'.repeat(1000)}"}` }, 3],
    ['with a trace', { traceContext: { traceparent: '00-1-2-01' } }, 3],
    ['with attributes', { attributes: { idempotencyKey: 'a', metadata: { b: 'c' } } }, 3],
    ['published in the future', { publishedAt: minutesAgo(-60) }, 3],
    ['that was pushed just now', { pushed: true }, 3],
    ['that was pushed before a webhook was active', { pushed: true, publishedAt: minutesAgo(10) }, 2],
  ])('%s is stored like in a batch', async (_what, changes, deliveries) => {
    const tenantId = await tenantWithWebhooks();
    const [alone, inBatch] = await bothWays(newEvent({ tenantId, type: 'order.paid', ...changes }));
    expect(alone).toEqual(inBatch);
    expect(alone.deliveries).toHaveLength(deliveries);
  });

  it('is stored with an active key, and not with a revoked one, like in a batch', async () => {
    const tenantId = await tenantWithWebhooks();
    const [active, inBatch] = await bothWays(newEvent({ tenantId }), [await keyOf(tenantId)]);
    expect(active).toEqual(inBatch);
    expect(active.event).toBeDefined();
    const key = await keyOf(tenantId, minutesAgo(1));
    const [revoked, revokedInBatch] = await bothWays(newEvent({ tenantId }), [key]);
    expect(revoked).toEqual(revokedInBatch);
    expect(revoked).toEqual({ result: { refusedKeyIds: [key.id] }, event: undefined, deliveries: [] });
  });

  it('is not stored if rules apply or its tenant is suspended or does not exist, like in a batch', async () => {
    const nothing = { result: null, event: undefined, deliveries: [] };
    expect(await bothWays(newEvent({ tenantId: newId() }))).toEqual([nothing, nothing]);
    const suspended = await tenantWithWebhooks();
    await db.pool.query(`UPDATE tenant SET status = 'suspended' WHERE id = $1`, [suspended]);
    expect(await bothWays(newEvent({ tenantId: suspended }))).toEqual([nothing, nothing]);

    const tenantId = await tenantWithWebhooks();
    await db.pool.query(`INSERT INTO event_type (name, schema) VALUES ('with.schema', '{}')`);
    expect(await bothWays(newEvent({ tenantId, type: 'with.schema' }))).toEqual([nothing, nothing]);

    const filtered = await addWebhook(db.pool, { tenantId, patterns: ['order.paid'] });
    await db.pool.query(`UPDATE webhook SET filter = '{}', filter_set_at = now() WHERE id = $1`, [filtered]);
    expect(await bothWays(newEvent({ tenantId, type: 'order.paid' }))).toEqual([nothing, nothing]);
    const [other] = await bothWays(newEvent({ tenantId, type: 'unfiltered' }));
    expect(other.event).toBeDefined();
  });

  it.each([null, 'k'])(
    'returns what is needed to start its deliveries when that is requested',
    async (idempotencyKey) => {
      const tenantId = await tenantWithWebhooks();
      const accept = (withStored: boolean) =>
        acceptEventsWithoutRules(
          db.genericPlanPool,
          [
            newEvent({
              tenantId,
              type: 'unfiltered',
              idempotencyKey: idempotencyKey && `${idempotencyKey}${withStored}`,
            }),
          ],
          { withStored },
        );
      const stored = {
        webhookId: expect.any(String),
        webhookVersion: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
        nextAttemptAt: expect.any(Date),
      };
      const [first, second] = [
        { lane: 'fast', isChained: false, stored: { ...stored, epoch: 4 } },
        { lane: 'fast', isChained: false, stored: { ...stored, epoch: 0 } },
      ];
      expect(await accept(true)).toMatchObject([
        { deliveries: expect.arrayContaining([first, second].map((each) => expect.objectContaining(each))) },
      ]);
      expect(await accept(false)).toMatchObject([{ deliveries: [{ stored: null }, { stored: null }] }]);
    },
  );

  it('is stored once', async () => {
    const event = newEvent({ tenantId: await tenantWithWebhooks() });
    expect(await acceptEventsWithoutRules(db.pool, [event])).toHaveLength(1);
    expect(await acceptEventsWithoutRules(db.pool, [event])).toEqual([]);
    expect((await storedOf(event.id)).deliveries).toHaveLength(2);
  });
});
