// Webhooks whose URL was written to the database without the checks of the API: a delivery reaches no private address.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  currentMoment,
  createSealer,
  DEFAULT_TENANT_ID,
  newId,
  newSigningSecret,
  patternsMatching,
  webhookSealingContext,
} from '@posthorn/core';
import { acceptEvents, connect } from '@posthorn/database';
import { createSender, parseOutboundRules } from '@posthorn/outbound';
import { createLogger, Registry } from '@posthorn/runtime';
import {
  type Canary,
  type FreshDatabase,
  freshDatabase,
  HOSTILE_NAMES,
  hostileUrls,
  startCanary,
} from '@posthorn/testkit';
import { createDeliveryStore } from '../src/delivery-store.js';
import { KnownWebhooks } from '../src/known-webhooks.js';
import { createDeliver } from '../src/deliver.js';
import { workerMetrics } from '../src/worker-metrics.js';
import { deliveryTask } from './fixtures/delivery-task.js';

let canary: Canary;
let database: FreshDatabase;
let connection: ReturnType<typeof connect>;
beforeAll(async () => {
  canary = await startCanary();
  database = await freshDatabase();
  connection = connect({ url: database.url, applicationName: 'posthorn worker test' });
});
afterAll(async () => {
  await connection.stop();
  await database.drop();
  await canary.close();
});

const sealer = createSealer(Buffer.alloc(32, 7));

/** Inserts active webhooks that subscribe to `*`, with unchecked URLs. */
async function insertWebhooks(urls: string[]): Promise<void> {
  const ids = urls.map(newId);
  const secrets = ids.map((id) =>
    JSON.stringify([{ sealed: sealer.seal(newSigningSecret(), webhookSealingContext(id)), expiresAt: null }]),
  );
  await connection.pool.query(
    `WITH made AS (
       INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, epoch, active_since)
       SELECT id, $4, url, secrets, 30000, 'active', 0, 'epoch'
       FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS given (id, url, secrets)
       RETURNING id
     )
     INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) SELECT $4, '*', id FROM made`,
    [ids, urls, secrets, DEFAULT_TENANT_ID],
  );
}

/** Publishes one event to all of them. Returns the ids of its deliveries. */
async function publish(): Promise<string[]> {
  const [accepted] = await acceptEvents(connection.pool, [
    {
      id: newId(),
      tenantId: DEFAULT_TENANT_ID,
      type: 'a.b',
      patterns: patternsMatching('a.b'),
      body: '{}',
      publishedAt: new Date(),
      pushed: false,
      idempotencyKey: null,
    },
  ]);
  return accepted?.deliveries.map(({ id }) => id) ?? [];
}

function pipeline(names: Map<string, string>) {
  const logger = createLogger({ service: 'worker', level: 'error' });
  const deliveryStore = createDeliveryStore({
    pool: connection.pool,
    hotPathPool: connection.pool,
    sealer,
    logger,
    metrics: workerMetrics(new Registry()),
    reportInternalError() {},
    webhooks: new KnownWebhooks(() => 0),
    enqueue: async () => {},
    moment: currentMoment,
  });
  const sender = createSender(parseOutboundRules({ http: true, ports: '*' }), {
    lookup: async (name) => {
      const address = names.get(name) ?? '127.0.0.1';
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    },
  });
  return createDeliver({
    store: deliveryStore,
    takeStored: () => undefined,
    quarantine: { isHeld: false, wait: async () => true },
    limiter: {
      acquire: async () => 'admitted',
      confirm: async () => 'admitted',
      release() {},
      reportOverdue() {},
      reportHeld() {},
      reportUnsent() {},
      isResponsive: () => true,
    },
    retryPriority: () => 0,
    tokens: { take: async () => ({ kind: 'wait', delayMs: 0 }), reject: async () => false },
    send: (request) => sender.send(request),
    inFlight: { track: (_request, outcome) => outcome },
    reports: {
      attempt() {},
      emitted() {},
      internalError() {},
      trace: () => null,
    },
    sealer,
    clock: { now: () => new Date(), moment: currentMoment, random: Math.random },
  });
}

const permit = { begin: () => true, claim: () => true, detach: () => false };

it('fails permanently, records the reason, and never reaches the canary', async () => {
  const rows = [
    ...hostileUrls(canary.port).filter(({ verdict }) => verdict !== 'allowed'),
    ...HOSTILE_NAMES.map(([name]) => ({ url: `http://${name}:${canary.port}/`, verdict: 'blocked_address' })),
  ];
  await insertWebhooks(rows.map(({ url }) => url));
  const deliver = pipeline(new Map(HOSTILE_NAMES.map(([name, address]) => [name, address])));
  const deliveries = await publish();
  expect(deliveries).toHaveLength(rows.length);
  await Promise.all(deliveries.map((deliveryId) => deliver(deliveryTask({ deliveryId }), permit)));

  const { rows: settled } = await connection.pool.query<{ url: string; verdict: string }>(
    `SELECT w.url, d.status || ' ' || d.reason || ' ' || a.error_code AS verdict
     FROM delivery d JOIN webhook w ON w.id = d.webhook_id LEFT JOIN attempt a ON a.delivery_id = d.id`,
  );
  const verdicts = new Map(settled.map(({ url, verdict }) => [url, verdict]));
  for (const { url, verdict } of rows) {
    expect([url, verdicts.get(url)]).toEqual([url, `failed ${verdict} ${verdict}`]);
  }
  expect(await canary.hits()).toBe(0);
});
