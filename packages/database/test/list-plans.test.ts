import { beforeAll, describe, expect, it } from '@jest/globals';
import { countEventDeliveries } from '../src/deliveries/count-event-deliveries.js';
import { listDeliveries } from '../src/deliveries/list-deliveries.js';
import { listEvents } from '../src/events/events.js';
import { openPrisma, type PrismaDb } from '../src/prisma-client/client.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { listTenants } from '../src/tenants/tenants.js';
import { listWebhooks } from '../src/webhooks/find-webhooks.js';
import { explainScans, type Scan, type Statement } from './fixtures/explain-scans.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const FIRST_DAY = new Date('2031-01-01T00:00:00Z');
const DAYS = 8;
const EVENTS_A_DAY = 5000;
const TYPES = 100;
const LIMIT = 50;
/** Of 40,000. More than a page, because deliveries are filtered by type or status while reading. */
const MAX_ROWS = 6000;

let large: string;
let small: string;
let webhookId: string;
let eventIds: string[];

beforeAll(async () => {
  await createPartitions(db.pool, FIRST_DAY);
  [large, small] = [await addTenant(db.pool), await addTenant(db.pool)];
  await db.pool.query(
    `INSERT INTO tenant (id, name, tags)
     SELECT posthorn_uuidv7(), 'tenant ' || n, CASE WHEN n % 1000 = 0 THEN '{rare,any}' ELSE '{any}' END::text[]
     FROM generate_series(1, 20000) AS n`,
  );
  webhookId = await addWebhook(db.pool, { tenantId: large });
  const others = await Promise.all(
    [large, large, small].map((tenantId) => addWebhook(db.pool, { tenantId })),
  );
  await db.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, tags, secrets, timeout_ms, status)
     SELECT posthorn_uuidv7(), $1, 'https://receiver.example/' || n, CASE WHEN n % 100 = 0 THEN '{rare,any}' ELSE '{any}' END::text[],
       '[]', 10000, 'active'
     FROM generate_series(1, 3000) AS n`,
    [large],
  );
  await db.pool.query(
    `INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id)
     SELECT tenant_id, 'type.' || row_number() OVER () % ${TYPES}, id FROM webhook WHERE url LIKE '%/_%'`,
  );
  await db.pool.query(
    `WITH moments AS (
       SELECT n, $1::timestamptz + n * interval '1 day' / ${EVENTS_A_DAY} AS moment FROM generate_series(1, ${DAYS * EVENTS_A_DAY - 1}) AS n
     ), events AS (
       INSERT INTO event (id, tenant_id, published_at, type, body)
       SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(moment)::text, 13) FROM 1)::uuid,
         CASE WHEN n % 50 = 0 THEN $3::uuid ELSE $2::uuid END, moment, 'type.' || n % ${TYPES}, '{}'
       FROM moments RETURNING id, tenant_id, published_at
     )
     INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before,
       attempt_id, started_at, duration_ms)
     SELECT id, id, CASE WHEN tenant_id = $3 THEN $5 ELSE ($4::uuid[])[1 + get_byte(uuid_send(id), 15) % 3] END, tenant_id,
       published_at, CASE WHEN get_byte(uuid_send(id), 14) < 8 THEN 'failed' ELSE 'succeeded' END::delivery_status, 0,
       1, false, id, published_at, 12
     FROM events`,
    [FIRST_DAY, large, small, [webhookId, ...others.slice(0, 2)], others[2]],
  );
  const events = await db.pool.query<{ id: string }>('SELECT id FROM event ORDER BY id LIMIT 200');
  eventIds = events.rows.map(({ id }) => id);
  await db.pool.query('VACUUM ANALYZE');
});

let prisma: PrismaDb;
/** The statements that Prisma sent. */
const statements: Statement[] = [];

beforeAll(() => {
  const spy = new Proxy(db.pool, {
    get(pool, name) {
      if (name !== 'query') return Reflect.get(pool, name);
      return (query: { text: string; values: unknown[] }) => {
        statements.push({ text: query.text, values: query.values });
        return pool.query(query);
      };
    },
  });
  prisma = openPrisma(spy);
});

/** Returns the scans of all statements of a list. */
async function scansOf(list: (prisma: PrismaDb) => Promise<unknown>): Promise<Scan[]> {
  statements.length = 0;
  await list(prisma);
  const scans = await Promise.all(statements.map((statement) => explainScans(db.pool, statement)));
  return scans.flat();
}

const ONE_DAY = {
  from: new Date('2031-01-03T00:00:00Z'),
  to: new Date('2031-01-04T00:00:00Z'),
};
const page = { limit: LIMIT };

const LISTS: Record<string, (prisma: PrismaDb) => Promise<unknown>> = {
  'webhooks of a tenant': (all) => listWebhooks(all, { tenantId: small }, page),
  'webhooks of a large tenant': (all) => listWebhooks(all, { tenantId: large }, page),
  'webhooks of a type': (all) => listWebhooks(all, { tenantId: large, eventType: 'type.7' }, page),
  'webhooks of all tenants with a rare tag': (all) =>
    listWebhooks(all, { tenantId: null, tag: ['rare'] }, page),
  'webhooks of a tenant with several tags': (all) =>
    listWebhooks(all, { tenantId: large, tag: ['rare', 'any'] }, page),
  'tenants with a rare tag': (all) => listTenants(all, { ...page, tag: ['rare'] }),
  'tenants with a tag of most': (all) => listTenants(all, { ...page, tag: ['any'] }),
  'events of a tenant': (all) => listEvents(all, { tenantId: small }, page),
  'events of a large tenant': (all) => listEvents(all, { tenantId: large }, page),
  'events of a type': (all) => listEvents(all, { tenantId: large, type: 'type.7' }, page),
  'events of a type and a day': (all) =>
    listEvents(all, { tenantId: large, type: 'type.7', ...ONE_DAY }, page),
  'events of a type that does not exist': (all) => listEvents(all, { tenantId: large, type: 'never' }, page),
  'deliveries of a webhook': (all) => listDeliveries(all, { tenantId: large, webhookId }, page),
  'deliveries of a tenant': (all) => listDeliveries(all, { tenantId: small }, page),
  'deliveries of a large tenant': (all) => listDeliveries(all, { tenantId: large }, page),
  'failed deliveries of a day': (all) =>
    listDeliveries(all, { tenantId: large, status: ['failed'], ...ONE_DAY }, page),
  'deliveries of all tenants': (all) => listDeliveries(all, { tenantId: null }, page),
  'failed deliveries of all tenants': (all) =>
    listDeliveries(all, { tenantId: null, status: ['failed'] }, page),
  'pending deliveries of all tenants': (all) =>
    listDeliveries(all, { tenantId: null, status: ['pending'] }, page),
  'failed, dropped and retrying deliveries of a tenant': (all) =>
    listDeliveries(all, { tenantId: large, status: ['failed', 'dropped', 'retrying'] }, page),
  'deliveries of a tenant with a rare HTTP status': (all) =>
    listDeliveries(all, { tenantId: large, responseStatus: [{ from: 418, to: 418 }] }, page),
  'the deliveries of many events': (all) => countEventDeliveries(all, eventIds, { hidesShadow: true }),
  'events of all tenants': (all) => listEvents(all, { tenantId: null }, page),
  'webhooks of all tenants': (all) => listWebhooks(all, { tenantId: null }, page),
  'deliveries of a type': (all) => listDeliveries(all, { tenantId: large, eventType: 'type.7' }, page),
  'deliveries of a type that does not exist': (all) =>
    listDeliveries(all, { tenantId: large, eventType: 'never' }, page),
};

/** Lists of a queue of first attempts, among which a few deliveries wait. */
const LISTS_OF_WAITING: typeof LISTS = {
  'retrying deliveries of a tenant': (all) =>
    listDeliveries(all, { tenantId: large, status: ['retrying'] }, page),
  'held deliveries of all tenants': (all) => listDeliveries(all, { tenantId: null, status: ['held'] }, page),
};

describe('a list', () => {
  it.each(Object.keys(LISTS))('of %s uses an index and reads only a part of the rows', (list) =>
    expectPartialScans(LISTS[list]),
  );

  describe('of a queue', () => {
    beforeAll(async () => {
      await db.pool.query(
        `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count)
         SELECT posthorn_delivery_id(id), id, $1, $2, now(), 0, CASE WHEN get_byte(uuid_send(id), 14) = 0 THEN 1 ELSE 0 END
         FROM (SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor($3)::text, 13) FROM 1)::uuid AS id FROM generate_series(1, 20000)) AS events`,
        [webhookId, large, new Date('2031-01-08T12:00:00Z')],
      );
      await db.pool.query('VACUUM ANALYZE pending_delivery');
    });

    it.each(Object.keys(LISTS_OF_WAITING))(
      'with %s uses an index and reads only a part of the rows',
      (list) => expectPartialScans(LISTS_OF_WAITING[list]),
    );
  });
});

async function expectPartialScans(list: (prisma: PrismaDb) => Promise<unknown> = () => Promise.resolve()) {
  const scans = await scansOf(list);
  expect(scans.length).toBeGreaterThan(0);
  // Sequential scans of empty partitions are fine.
  expect(scans.filter(({ name, rows }) => name.startsWith('Seq Scan') && rows > 10)).toEqual([]);
  expect(scans.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(MAX_ROWS);
}
