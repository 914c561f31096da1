import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId, STANDARD_FORMAT_ID, SYSTEM_TENANT_ID } from '@posthorn/core';
import { recordAttempts } from '@posthorn/database/deliveries';
import { bodyOf } from '@posthorn/database/events';
import { withLease } from '@posthorn/database/server';
import { type Acceptor, createAcceptor } from '@posthorn/fanout';
import { createLogger, Registry } from '@posthorn/runtime';
import { eventually } from '@posthorn/testkit';
import { createAuditChainer } from '../src/audit/audit-chainer.js';
import { createOperationalEventPublisher } from '../src/notifications/operational-event-publisher.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

let acceptor: Acceptor;
// Runs before the hooks of the fixtures, whose connections it uses.
afterEach(() => acceptor.stop());
const database = useDatabase();
const metrics = producerMetrics(new Registry());
const redis = useQueue();
beforeEach(() => {
  const { queue: deliveries } = redis;
  acceptor = createAcceptor({ pool: database.pool, deliveries, onEnqueueError: () => {} });
});

const logger = createLogger({ service: 'test', level: 'error' });
const createPublisher = (accept: Acceptor['accept'] = acceptor.accept) =>
  createOperationalEventPublisher({
    pool: database.pool,
    acceptor: { accept },
    logger,
    metrics,
    operatorEmails: null,
  });

/** Inserts an active webhook of the default tenant. */
async function addWebhook(
  patterns: string[],
  activeSince = new Date(0),
  tenantId = DEFAULT_TENANT_ID,
): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'active', $3)`,
    [id, tenantId, activeSince],
  );
  await database.pool.query(
    'INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) SELECT $1, unnest($2::text[]), $3',
    [tenantId, patterns, id],
  );
  return id;
}

const SUSPENDED = 'posthorn.webhook.suspended';

async function addOperationalEvent(
  data: object = { webhookId: newId() },
  createdAt = new Date(),
  tenantId = DEFAULT_TENANT_ID,
): Promise<void> {
  await database.pool.query(
    'INSERT INTO operational_event (id, tenant_id, type, data, created_at) VALUES ($1, $2, $3, $4, $5)',
    [newId(), tenantId, SUSPENDED, data, createdAt],
  );
}

async function countPending(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM operational_event',
  );
  return rows[0]?.n ?? -1;
}

interface Published {
  id: string;
  body: string;
  published_at: Date;
  webhooks: string[];
  deliveries: string[];
}

/** Returns the published events and their webhooks. */
async function listPublished(): Promise<Published[]> {
  const { rows } = await database.pool.query<Published & { deflatedBody: Buffer | null }>(
    `SELECT e.id, e.body, e.deflated_body AS "deflatedBody", e.published_at, array_remove(array_agg(d.webhook_id), NULL) AS webhooks,
       array_remove(array_agg(d.id), NULL) AS deliveries
     FROM event e LEFT JOIN delivery d ON d.event_id = e.id GROUP BY e.id, e.body, e.deflated_body, e.published_at ORDER BY e.id`,
  );
  return rows.map((row) => Object.assign(row, { body: bodyOf(row) ?? '' }));
}

describe('the publisher of operational events', () => {
  it('publishes pending events to webhooks that subscribe by name, with API ids', async () => {
    const subscribers = [
      await addWebhook(['posthorn.*']),
      await addWebhook(['posthorn.webhook.*', '*']),
      await addWebhook([SUSPENDED]),
    ];
    for (const patterns of [['*'], ['posthorn.delivery.*'], ['posthorn.webhook.failing'], ['a.*']]) {
      await addWebhook(patterns);
    }
    const webhookId = newId();
    const at = new Date(Date.now() - 60_000);
    await addOperationalEvent({ webhookId, url: 'https://a.example/' }, at);
    await createPublisher()();
    await acceptor.stop();

    const [event, ...others] = await listPublished();
    expect(others).toEqual([]);
    expect(event?.published_at).toEqual(at);
    expect(JSON.parse(event?.body ?? '')).toEqual({
      id: encodeId('event', event?.id ?? ''),
      type: SUSPENDED,
      timestamp: at.toISOString(),
      data: { webhookId: encodeId('webhook', webhookId), url: 'https://a.example/' },
    });
    expect(event?.webhooks.toSorted()).toEqual(subscribers.toSorted());
    expect(await redis.queue.findMissingJobs(event?.deliveries ?? [])).toEqual(new Set());
    expect(await countPending()).toBe(0);
  });

  it('does not duplicate an event published before an interruption', async () => {
    await addWebhook(['posthorn.*']);
    await addOperationalEvent();
    const { rows: before } = await database.pool.query('SELECT * FROM operational_event');
    await createPublisher()();
    await database.pool.query(
      'INSERT INTO operational_event SELECT * FROM json_populate_recordset(NULL::operational_event, $1)',
      [JSON.stringify(before)],
    );
    await createPublisher()();
    const [event, ...others] = await listPublished();
    expect(event?.deliveries).toHaveLength(1);
    expect(others).toEqual([]);
    expect(await countPending()).toBe(0);
  });

  it('keeps only the events that failed for the next run', async () => {
    await addWebhook(['posthorn.webhook.*']);
    await addOperationalEvent({ n: 1 });
    await addOperationalEvent({ n: 2 });
    const publish = createPublisher((event) =>
      event.data['n'] === 1 ? Promise.reject(new Error('unavailable')) : acceptor.accept(event),
    );
    await expect(publish()).rejects.toThrow('unavailable');
    expect(await countPending()).toBe(1);
    // PostgreSQL may still hold the lock of the failed run for a moment.
    await eventually(async () => {
      await createPublisher()();
      expect(await countPending()).toBe(0);
    });
    expect((await listPublished()).map(({ body }) => JSON.parse(body).data)).toEqual(
      expect.arrayContaining([{ n: 1 }, { n: 2 }]),
    );
  });

  it('does not deliver events from before a webhook was active', async () => {
    await addWebhook(['posthorn.*'], new Date());
    await addOperationalEvent({}, new Date(Date.now() - 60_000));
    await createPublisher()();
    expect(await listPublished()).toMatchObject([{ deliveries: [] }]);
  });

  it('stores no event when no webhook of the tenant subscribes', async () => {
    await addWebhook(['*']);
    await addOperationalEvent();
    await createPublisher()();
    expect(await countPending()).toBe(0);
    expect(await listPublished()).toEqual([]);
  });

  it('publishes several pages in one run', async () => {
    await addWebhook(['posthorn.delivery.exhausted']);
    await database.pool.query(
      `INSERT INTO operational_event (id, tenant_id, type, data)
       SELECT posthorn_uuidv7(), $1, $2, '{}' FROM generate_series(1, 1100)`,
      [DEFAULT_TENANT_ID, SUSPENDED],
    );
    await createPublisher()();
    expect(await countPending()).toBe(0);
    expect(await listPublished()).toHaveLength(1100);
  });

  it('runs in one producer at a time', async () => {
    await addOperationalEvent();
    await withLease(database.pool, 'publishOperationalEvents', async () => void (await createPublisher()()));
    expect(await countPending()).toBe(1);
  });

  it('acquires no lock when no event is pending', async () => {
    const queries: string[] = [];
    const pool = {
      query: (sql: string) => (queries.push(sql), Promise.resolve({ rows: [] })),
      connect: () => Promise.reject(new Error('unexpected connection')),
    };
    const operatorEmails = null;
    await createOperationalEventPublisher({
      pool: pool as never,
      acceptor,
      logger,
      metrics,
      operatorEmails,
    })();
    expect(queries).toHaveLength(1);
  });
});

const addSystemWebhook = () => addWebhook(['posthorn.*'], new Date(0), SYSTEM_TENANT_ID);

describe('the system scope', () => {
  it('receives the operational events of all tenants, with the names of the tenant', async () => {
    const systemWebhook = await addSystemWebhook();
    const webhookId = await addWebhook(['a.b']);
    await database.pool.query(`UPDATE webhook SET external_id = 'shop' WHERE id = $1`, [webhookId]);
    await addOperationalEvent({ webhookId });
    await createPublisher()();
    const published = await listPublished();
    expect(published).toMatchObject([{ webhooks: [systemWebhook] }]);
    expect(JSON.parse(published[0]?.body ?? '').data).toEqual({
      webhookId: encodeId('webhook', webhookId),
      webhookExternalId: 'shop',
      tenantId: encodeId('tenant', DEFAULT_TENANT_ID),
      tenantName: 'default',
      tenantExternalId: null,
    });
  });

  it('gets an event once when the publisher was killed between both scopes', async () => {
    const [own, system] = [await addWebhook(['posthorn.*']), await addSystemWebhook()];
    await addOperationalEvent();
    const killed = createPublisher((event) =>
      event.tenantId === SYSTEM_TENANT_ID ? Promise.reject(new Error('killed')) : acceptor.accept(event),
    );
    await expect(killed()).rejects.toThrow('killed');
    await eventually(async () => {
      await createPublisher()();
      expect(await countPending()).toBe(0);
    });
    const published = await listPublished();
    expect(published.flatMap(({ webhooks }) => webhooks).toSorted()).toEqual([own, system].toSorted());
  });

  it('gets entries of the audit log if it subscribes to them by name, and nobody gets mail about them', async () => {
    await addSystemWebhook();
    await addWebhook(['posthorn.audit.*', 'posthorn.*', '*']);
    const siem = await addWebhook(['posthorn.audit.*'], new Date(0), SYSTEM_TENANT_ID);
    await database.pool.query(
      `INSERT INTO audit_entry (id, actor_name, action, target) VALUES (posthorn_uuidv7(), 'deploy', 'event_type.created', 'a.b')`,
    );
    const chained = createAuditChainer(database.pool, logger);
    expect(await chained()).toBe(true);
    expect(await chained()).toBe(false);
    const operatorEmails = ['operator@example.com'];
    const { pool } = database;
    await createOperationalEventPublisher({ pool, acceptor, logger, metrics, operatorEmails })();
    expect(await countPending()).toBe(0);
    const published = await listPublished();
    expect(published).toMatchObject([{ webhooks: [siem] }]);
    expect(JSON.parse(published[0]?.body ?? '')).toMatchObject({
      type: 'posthorn.audit.event_type.created',
      data: { tenantId: null, number: expect.any(Number), actor: { name: 'deploy' }, target: 'a.b' },
    });
    expect((await database.pool.query('SELECT FROM notice')).rowCount).toBe(0);
  });

  it('whose webhooks subscribe only to the audit log gets no other events', async () => {
    await addWebhook(['posthorn.audit.*'], new Date(0), SYSTEM_TENANT_ID);
    await addOperationalEvent();
    await createPublisher()();
    expect(await listPublished()).toEqual([]);
  });

  it('gets no event about its own webhooks, so that a failing one causes none', async () => {
    const failing = await addSystemWebhook();
    await addSystemWebhook();
    await addOperationalEvent({ webhookId: failing }, new Date(), SYSTEM_TENANT_ID);
    await createPublisher()();
    expect(await countPending()).toBe(0);
    expect(await listPublished()).toEqual([]);
  });

  it('learns of exhausted deliveries of tenants without subscriptions, and its own cause none', async () => {
    await addSystemWebhook();
    await addWebhook(['a.b']);
    const event = { data: {}, dataText: null, occurredAt: null, idempotencyKey: null, pushed: null };
    await acceptor.accept({ ...event, tenantId: DEFAULT_TENANT_ID, type: 'a.b' });
    const publish = createPublisher();
    for (let run = 0; run < 4; run += 1) {
      await failPendingDeliveries();
      await publish();
    }
    const types = (await listPublished()).map(({ body }): string => JSON.parse(body).type);
    expect(types.toSorted()).toEqual(['a.b', 'posthorn.delivery.exhausted']);
  });
});

describe('an operational event whose delivery fails', () => {
  it('causes no further operational event', async () => {
    await addWebhook(['posthorn.*']);
    await addWebhook(['posthorn.*', 'a.b']);
    const event = { data: {}, dataText: null, occurredAt: null, idempotencyKey: null, pushed: null };
    await acceptor.accept({ ...event, tenantId: DEFAULT_TENANT_ID, type: 'a.b' });
    const publish = createPublisher();
    for (let run = 0; run < 4; run += 1) {
      await failPendingDeliveries();
      await publish();
    }
    const types = (await listPublished()).map(({ body }): string => JSON.parse(body).type);
    // Only the customer's event emits one. The two failed deliveries of that operational event emit none.
    expect(types.toSorted()).toEqual(['a.b', 'posthorn.delivery.exhausted']);
  });
});

/** Fails every pending delivery permanently. */
async function failPendingDeliveries(): Promise<void> {
  const { rows } = await database.pool.query<{ id: string; epoch: number; dueAt: Date }>(
    `SELECT id, epoch, next_attempt_at AS "dueAt" FROM delivery WHERE status = 'pending'`,
  );
  const failed = rows.map(({ id, epoch, dueAt }) => ({
    id: newId(),
    deliveryId: id,
    epoch,
    dueAt,
    startedAt: new Date(),
    durationMs: 1,
    responseStatus: 500,
    responseBody: '',
    responseHeaders: null,
    errorCode: null,
    errorMessage: null,
    status: 'failed' as const,
    reason: 'exhausted',
    retryDelayMs: null,
    isExhausted: false,
    isUnscheduled: false,
    parked: false,
    formatId: STANDARD_FORMAT_ID,
  }));
  if (failed.length > 0) await recordAttempts(database.pool, failed);
}
