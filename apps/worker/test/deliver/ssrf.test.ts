// Webhooks whose URL was written to the database without the checks of the API: a delivery reaches no private address.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSealer } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { createSender, parseOutboundRules } from '@posthorn/outbound';
import {
  type Canary,
  type FreshDatabase,
  freshDatabase,
  HOSTILE_NAMES,
  hostileUrls,
  startCanary,
} from '@posthorn/testkit';
import { deliveryTask } from '../fixtures/delivery-task.js';
import { createPipeline, insertWebhooks, permit, publish } from '../fixtures/pipeline.js';

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

it('fails permanently, records the reason, and never reaches the canary', async () => {
  const rows = [
    ...hostileUrls(canary.port).filter(({ verdict }) => verdict !== 'allowed'),
    ...HOSTILE_NAMES.map(([name]) => ({ url: `http://${name}:${canary.port}/`, verdict: 'blocked_address' })),
  ];
  const { pool } = connection;
  await insertWebhooks(
    { pool, sealer },
    rows.map(({ url }) => url),
  );
  const names = new Map(HOSTILE_NAMES.map(([name, address]) => [name, address]));
  const sender = createSender(parseOutboundRules({ http: true, ports: '*' }), {
    lookup: async (name) => {
      const address = names.get(name) ?? '127.0.0.1';
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    },
  });
  const deliver = createPipeline({ pool, sealer, sender });
  const deliveries = await publish({ pool });
  expect(deliveries).toHaveLength(rows.length);
  await Promise.all(deliveries.map((deliveryId) => deliver(deliveryTask({ deliveryId }), permit)));

  const { rows: settled } = await pool.query<{ url: string; verdict: string }>(
    `SELECT w.url, d.status || ' ' || d.reason || ' ' || a.error_code AS verdict
     FROM delivery d JOIN webhook w ON w.id = d.webhook_id LEFT JOIN attempt a ON a.delivery_id = d.id`,
  );
  const verdicts = new Map(settled.map(({ url, verdict }) => [url, verdict]));
  for (const { url, verdict } of rows) {
    expect([url, verdicts.get(url)]).toEqual([url, `failed ${verdict} ${verdict}`]);
  }
  expect(await canary.hits()).toBe(0);
});
