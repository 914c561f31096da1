// Each form of the statement that accepts events: it stores what its branches are for, and locks in the order that accept-statement.ts states.
import { expect, it } from '@jest/globals';
import { newId, searchDigest } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { acceptEvents } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { readAcceptRules } from '../src/events/read-accept-rules.js';
import { awaitTurn } from '../src/tenancy/lock-tenant.js';
import { payloadSealer, startProcess } from './fixtures/payload-process.js';
import { addTenant, addWebhook, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const BRANCHES = ['keys', 'filters', 'searchValues', 'payloads', 'sequences', 'sealed'] as const;

type Form = ReadonlySet<(typeof BRANCHES)[number]>;

/** Every combination of branches. */
const FORMS = Array.from(
  { length: 2 ** BRANCHES.length },
  (_, bits): Form => new Set(BRANCHES.filter((_branch, index) => (bits >> index) % 2 === 1)),
);

const sealer = payloadSealer();
const BODY = '{"data":"zebra"}';
const DIGEST = searchDigest('zebra') ?? '';

/** A lock, and the statement that gets it. */
type Lock = readonly [name: string, sql: string, values: readonly unknown[]];

it.each(FORMS.map((form) => [[...form].join(', ') || 'no branch', form] as const))(
  '%s',
  async (_name, form) => {
    const tenantId = await addTenant(db.pool);
    const event = eventFor(form, tenantId);
    const webhooks = await addWebhooks(form, tenantId);
    const locks = locksOf(event, webhooks.feed);
    const held = await Promise.all(locks.map((lock) => hold(lock)));

    const accepting = accept(form, { event, filteredId: webhooks.filtered });
    const waited: string[] = [];
    for (const lock of held) {
      waited.push(await blockerOf(held));
      await lock.release();
    }
    expect(waited).toEqual(locks.map(([name]) => name));
    expect(await accepting).toMatchObject([{ eventId: event.id, available: form.has('sequences') ? 1 : 0 }]);
    expect(await stored(event)).toEqual(expectedFor(form, webhooks));
  },
);

const eventFor = (form: Form, tenantId: string): NewEvent =>
  newEvent({
    tenantId,
    body: BODY,
    idempotencyKey: form.has('keys') ? newId() : null,
    ...(form.has('searchValues') && { searchValues: [{ digest: DIGEST, pointer: '/data' }] }),
    ...(form.has('payloads') && { payloadDays: 1 }),
  });

interface Webhooks {
  plain: string;
  filtered: string | null;
  ordered: string | null;
  feed: string | null;
}

const addWebhooks = async (form: Form, tenantId: string): Promise<Webhooks> => ({
  plain: await addWebhook(db.pool, { tenantId }),
  filtered: form.has('filters')
    ? await addWebhook(db.pool, {
        tenantId,
        columns: { filter: { type: 'object' }, filter_set_at: new Date() },
      })
    : null,
  ordered: form.has('sequences') ? await addWebhook(db.pool, { tenantId, ordering: 'strict' }) : null,
  feed: form.has('sequences') ? await addWebhook(db.pool, { tenantId, delivery: 'pull' }) : null,
});

async function accept(form: Form, { event, filteredId }: { event: NewEvent; filteredId: string | null }) {
  const { tenantId, type, patterns } = event;
  const { filtered } = await readAcceptRules(db.pool, { tenantIds: [tenantId], types: [type], patterns });
  return acceptEvents(db.genericPlanPool, [event], {
    eventIds: filteredId ? [event.id] : [],
    webhookIds: filteredId ? [filteredId] : [],
    revisions: filtered.map(({ revision }) => revision),
    hasSequences: form.has('sequences'),
    payloadKeys: startProcess(db.pool, form.has('sealed') ? sealer : null),
  });
}

/** Returns the locks that the statement waits for if another transaction has them, in its order. */
function locksOf(event: NewEvent, feedId: string | null): Lock[] {
  const { id, tenantId, idempotencyKey } = event;
  const locks: Lock[] = [];
  if (idempotencyKey !== null)
    locks.push([
      'idempotency key',
      `INSERT INTO event_idempotency (tenant_id, key, generation, event_id)
       SELECT $1, $2, max(number), $3 FROM event_idempotency_generation`,
      [tenantId, idempotencyKey, newId()],
    ]);
  locks.push([
    'event',
    `INSERT INTO event (id, tenant_id, published_at, type, body) VALUES ($1, $2, now(), 'a', '{}')`,
    [id, tenantId],
  ]);
  if (feedId === null) return locks;
  return [
    ...locks,
    ['counter', `INSERT INTO webhook_sequence (webhook_id, last, history) VALUES ($1, 0, '')`, [feedId]],
    ['turn', `SELECT ${awaitTurn('$1', 'exclusive')}`, [tenantId]],
    ['tenant', 'SELECT FROM tenant WHERE id = $1 FOR NO KEY UPDATE', [tenantId]],
    ['webhook', 'SELECT FROM webhook WHERE id = $1 FOR NO KEY UPDATE', [feedId]],
  ];
}

interface HeldLock {
  name: string;
  processId: number;
  release: () => Promise<void>;
}

async function hold([name, sql, values]: Lock): Promise<HeldLock> {
  const client = await db.pool.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ id: number }>('SELECT pg_backend_pid() AS id');
  await client.query(sql, [...values]);
  return {
    name,
    processId: rows[0]?.id ?? 0,
    async release() {
      await client.query('ROLLBACK');
      client.release();
    },
  };
}

/** Waits until the statement waits for one of these locks, and returns its name; `none` if it does not. */
const blockerOf = (held: readonly HeldLock[]): Promise<string> =>
  eventually(
    async () => {
      const { rows } = await db.pool.query<{ id: number }>(
        `SELECT unnest(pg_blocking_pids(pid)) AS id FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH pattern AS%'`,
      );
      expect(rows).toHaveLength(1);
      return held.find(({ processId }) => processId === rows[0]?.id)?.name ?? 'unknown';
    },
    { intervalMs: 5, timeoutMs: 10_000 },
  ).catch(() => 'none');

/** Returns what the database has of an event. */
async function stored({ id, tenantId }: NewEvent) {
  const count = async (table: string): Promise<number> => {
    const { rows } = await db.pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${table} WHERE event_id = $1`,
      [id],
    );
    return rows[0]?.count ?? 0;
  };
  const { rows: deliveries } = await db.pool.query<{
    webhook_id: string;
    status: string;
    sequence: number | null;
  }>('SELECT webhook_id, status, sequence::integer FROM delivery WHERE event_id = $1 ORDER BY webhook_id', [
    id,
  ]);
  const { rows: bodies } = await db.pool.query<{ body: string | null; deflated: number | null }>(
    `SELECT body, length(deflated_body) AS deflated FROM event WHERE tenant_id = $1
     UNION ALL SELECT body, length(deflated_body) FROM event_payload WHERE event_id = $2`,
    [tenantId, id],
  );
  return {
    deliveries: deliveries.map(({ webhook_id, status, sequence }) => [webhook_id, status, sequence]),
    bodies: bodies.map(({ body, deflated }) => body ?? (deflated === null ? 'apart' : 'sealed')),
    keys: await count('event_idempotency'),
    values: await count('event_search_value'),
    valuesApart: await count('event_payload_value'),
  };
}

function expectedFor(
  form: Form,
  { plain, filtered, ordered, feed }: Webhooks,
): Awaited<ReturnType<typeof stored>> {
  const isApart = form.has('payloads');
  const body = form.has('sealed') ? 'sealed' : BODY;
  const values = form.has('searchValues') ? 1 : 0;
  return {
    deliveries: [
      [plain, 'pending', null],
      ...(filtered ? [[filtered, 'pending', null]] : []),
      ...(ordered ? [[ordered, 'pending', 1]] : []),
      ...(feed ? [[feed, 'available', 1]] : []),
    ],
    bodies: isApart ? ['apart', body] : [body],
    keys: form.has('keys') ? 1 : 0,
    values: isApart ? 0 : values,
    valuesApart: isApart ? values : 0,
  };
}
