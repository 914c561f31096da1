// What Posthorn reports of a tenant or an event is erased with it, also where the operator has it, and what a process holds in memory.
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId, patternsMatching, SYSTEM, SYSTEM_TENANT_ID } from '@posthorn/core';
import { advanceErasure, listRunningErasures } from '@posthorn/database/erasures';
import { createErasure, readAcceptedUntil } from '@posthorn/database/erasures/prisma';
import { acceptEvents, bodyOf } from '@posthorn/database/events';
import { listPendingOperationalEvents, registerCopies } from '@posthorn/database/notifications';
import { openPrisma, type PrismaDb } from '@posthorn/database/prisma-client';
import { type Acceptor, createAcceptor } from '@posthorn/fanout';
import { createLogger, Registry } from '@posthorn/runtime';
import { createAuditChainer } from '../src/audit/audit-chainer.js';
import { createOperationalEventPublisher } from '../src/notifications/operational-event-publisher.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

let acceptor: Acceptor;
let prisma: PrismaDb;
// Runs before the hooks of the fixtures, whose connections it uses.
afterEach(async () => {
  await acceptor.stop();
  await prisma.$disconnect();
});
const database = useDatabase();
const redis = useQueue();
beforeEach(() => {
  acceptor = createAcceptor({
    pool: database.pool,
    deliveries: redis.queue,
    onEnqueueError: () => {},
  });
  prisma = openPrisma(database.pool);
});

/** No other text contains it. */
const MARKER = 'zebra-4711';

async function addTenant(): Promise<string> {
  const id = newId();
  await database.pool.query('INSERT INTO tenant (id, name, external_id) VALUES ($1, $2, $2)', [
    id,
    `${MARKER} ${id}`,
  ]);
  return id;
}

async function addWebhook(tenantId: string, pattern: string): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'active', $3)`,
    [id, tenantId, new Date(0)],
  );
  await database.pool.query(
    'INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) VALUES ($1, $2, $3)',
    [tenantId, pattern, id],
  );
  return id;
}

/** An event whose id is ahead of its time, as those of pushes may be. */
async function addEvent(tenantId: string): Promise<string> {
  const id = newId().replace(/^\w{8}/, (start) =>
    (Number.parseInt(start, 16) + 1).toString(16).padStart(8, '0'),
  );
  await acceptEvents(database.pool, [
    {
      id,
      tenantId,
      type: 'a.b',
      patterns: patternsMatching('a.b'),
      body: '{"data":{}}',
      publishedAt: new Date(),
      pushed: false,
      idempotencyKey: null,
    },
  ]);
  return id;
}

async function reportBlocked(tenantId: string, eventId: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO operational_event (id, tenant_id, type, data) VALUES ($1, $2, 'posthorn.delivery.blocked', $3)`,
    [
      newId(),
      tenantId,
      {
        eventId,
        webhookId: newId(),
        orderingKey: MARKER,
        lastError: { code: 'x', message: MARKER },
      },
    ],
  );
}

const logger = createLogger({ service: 'test', level: 'fatal' });
const metrics = producerMetrics(new Registry());
const OPERATOR = 'operator@example.com';
const publisherWith = (accept: Acceptor['accept'] = acceptor.accept) =>
  createOperationalEventPublisher({
    pool: database.pool,
    acceptor: { accept },
    logger,
    metrics,
    operatorEmails: [OPERATOR],
  });

/** Erases an event, or a tenant, and lets the time pass that the erasure waits for. */
async function erase(tenantId: string, eventId: string | null): Promise<void> {
  if (eventId === null)
    await database.pool.query(
      `UPDATE tenant SET status = 'deleted', deleted_at = now() - interval '1 hour' WHERE id = $1`,
      [tenantId],
    );
  await database.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '1 hour'`);
  const created = await createErasure(
    prisma,
    {
      id: newId(),
      tenantId,
      eventId,
      pointer: null,
      digest: null,
      receiptSealed: 'sealed',
      coversUntil: await readAcceptedUntil(prisma),
      isRepeat: false,
    },
    SYSTEM,
  );
  expect(created).not.toBeNull();
  for (let erasures = await listRunningErasures(database.pool); erasures.length > 0;) {
    for (const erasure of erasures)
      await advanceErasure(erasure, {
        pool: database.pool,
        erasePushes: async () => true,
        rewriteFiles: async () => 1,
        onDropped: async () => {},
      });
    await database.pool.query(`UPDATE erasure SET quiet_at = now() WHERE quiet_at > now()`);
    await database.pool.query(`UPDATE settled_delivery SET settled_at = settled_at - interval '1 hour'`);
    erasures = await listRunningErasures(database.pool);
  }
}

/** Returns the texts of the events of a tenant, of notices, and of what is not published yet. */
async function texts(): Promise<string> {
  const { rows } = await database.pool.query<{
    body: string | null;
    deflatedBody: Buffer | null;
  }>(
    `SELECT body, deflated_body AS "deflatedBody" FROM event WHERE type LIKE 'posthorn.%'
     UNION ALL SELECT data::text, NULL FROM notice UNION ALL SELECT data::text, NULL FROM operational_event`,
  );
  return rows.map((row) => (row.deflatedBody?.length === 4 ? 'erased' : bodyOf(row))).join('\n');
}

async function countEvents(tenantId: string, condition = 'true'): Promise<number> {
  const { rowCount } = await database.pool.query(
    `SELECT FROM event WHERE tenant_id = $1 AND type LIKE 'posthorn.%' AND ${condition}`,
    [tenantId],
  );
  return rowCount ?? 0;
}

it('the copies of reports are erased with their event, whatever the order of the ids', async () => {
  const [tenantId, other] = [await addTenant(), await addTenant()];
  await addWebhook(SYSTEM_TENANT_ID, 'posthorn.*');
  for (const id of [tenantId, other]) await addWebhook(id, 'posthorn.*');
  const [eventId, kept] = [await addEvent(tenantId), await addEvent(other)];
  await reportBlocked(tenantId, eventId);
  await reportBlocked(other, kept);
  await publisherWith()();
  expect(await countEvents(SYSTEM_TENANT_ID)).toBe(2);
  await erase(tenantId, eventId);
  expect(await countEvents(tenantId, 'posthorn_is_erased(deflated_body)')).toBe(1);
  expect(await countEvents(SYSTEM_TENANT_ID, 'posthorn_is_erased(deflated_body)')).toBe(1);
  expect(await countEvents(SYSTEM_TENANT_ID, 'NOT posthorn_is_erased(deflated_body)')).toBe(1);
  expect(await countEvents(other, 'NOT posthorn_is_erased(deflated_body)')).toBe(1);
});

it.each([
  ['an event', (eventId: string) => eventId],
  ['a tenant', () => null],
])('a publisher that is frozen publishes nothing of %s that is erased meanwhile', async (_, erased) => {
  const tenantId = await addTenant();
  await addWebhook(SYSTEM_TENANT_ID, 'posthorn.*');
  await addWebhook(tenantId, 'posthorn.*');
  const eventId = await addEvent(tenantId);
  await reportBlocked(tenantId, eventId);
  const freezer = new EventEmitter();
  const [frozen, thawed] = [once(freezer, 'frozen'), once(freezer, 'thawed')];
  const publishing = publisherWith(async (event) => {
    freezer.emit('frozen');
    await thawed;
    return acceptor.accept(event);
  })();
  await frozen;
  await erase(tenantId, erased(eventId));
  freezer.emit('thawed');
  await publishing;
  expect(await countEvents(SYSTEM_TENANT_ID, 'NOT posthorn_is_erased(deflated_body)')).toBe(0);
  expect(await countEvents(tenantId, 'NOT posthorn_is_erased(deflated_body)')).toBe(0);
  expect(await texts()).not.toContain(MARKER);
});

it('a report that an erasure has changed since it was listed is published without the data', async () => {
  const tenantId = await addTenant();
  await addWebhook(tenantId, 'posthorn.*');
  const eventId = await addEvent(tenantId);
  await reportBlocked(tenantId, eventId);
  const [listed] = await listPendingOperationalEvents(database.pool, 1);
  await erase(tenantId, eventId);
  const copies = [{ eventId: newId(), tenantId, sourceId: listed?.id ?? '' }];
  const registered = await registerCopies(database.pool, copies);
  expect([...registered.values()]).toEqual([{ eventId, webhookId: expect.any(String) }]);
  await database.pool.query('DELETE FROM operational_event');
  expect(await registerCopies(database.pool, copies)).toEqual(new Map());
});

it('the purge of a tenant removes what the operator has of it, and nothing of others', async () => {
  const [tenantId, other] = [await addTenant(), await addTenant()];
  await addWebhook(SYSTEM_TENANT_ID, 'posthorn.*');
  await addWebhook(SYSTEM_TENANT_ID, 'posthorn.audit.*');
  for (const id of [tenantId, other]) {
    await reportBlocked(id, await addEvent(id));
    await database.pool.query(
      `INSERT INTO audit_entry (id, tenant_id, actor_name, actor_tenant_id, action, target, after)
       VALUES (posthorn_uuidv7(), $1, $2, $1, 'tenant.updated', $1::uuid::text, $3)`,
      [id, `${MARKER} ${id}`, { contactEmail: `${MARKER} ${id}` }],
    );
  }
  await createAuditChainer(database.pool, logger)();
  await publisherWith()();
  expect(await countEvents(SYSTEM_TENANT_ID)).toBe(4);
  const before = await texts();
  expect(before.split(`${MARKER} ${tenantId}`).length).toBeGreaterThan(3);

  await erase(tenantId, null);
  const after = await texts();
  expect(after).not.toContain(`${MARKER} ${tenantId}`);
  expect(after.split(`${MARKER} ${other}`)).toHaveLength(before.split(`${MARKER} ${other}`).length);
  expect(await countEvents(SYSTEM_TENANT_ID, 'posthorn_is_erased(deflated_body)')).toBe(2);
  const { rows } = await database.pool.query('SELECT DISTINCT owner_id FROM notice');
  expect(rows).toEqual([{ owner_id: other }]);
});

it('entries of the audit log of a purged tenant that are not published yet are published without values', async () => {
  const tenantId = await addTenant();
  await addWebhook(SYSTEM_TENANT_ID, 'posthorn.audit.*');
  await database.pool.query(
    `INSERT INTO audit_entry (id, tenant_id, actor_name, actor_tenant_id, action, target, after, client_address)
     VALUES (posthorn_uuidv7(), $1, $2, $1, 'notification_recipient.added', $2, $3, '192.0.2.1')`,
    [tenantId, MARKER, { address: MARKER }],
  );
  await createAuditChainer(database.pool, logger)();
  await erase(tenantId, null);
  await publisherWith()();
  const published = await texts();
  expect(published).toContain('posthorn.audit.notification_recipient.added');
  expect(published).not.toContain(MARKER);
  expect(published).not.toContain('192.0.2.1');
});
