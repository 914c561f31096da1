// Payloads and history that are kept for fewer days, with all processes.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { startStack, type Stack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  patientClient,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';

let servers: TestServers | undefined;
let stack: Stack;
let receiver: Receiver;
let database: Database;
let api: ApiClient;
beforeAll(async () => {
  servers = await testServers();
  const env = {
    POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
    POSTHORN_OUTBOUND_HTTP: 'true',
    POSTHORN_OUTBOUND_PORTS: '*',
  };
  [stack, receiver] = await Promise.all([startStack({ ephemeral: true, env, servers }), startReceiver()]);
  database = connect({ url: stack.databaseUrl, applicationName: 'test' });
  api = patientClient(stack.apiUrl, stack.adminKey);
  await createActiveWebhook(api, receiver, { eventTypes: ['order.paid'], retrySchedule: [1] });
});
afterAll(async () => {
  await database.stop();
  await stack.stop();
  await receiver.close();
  await servers?.drop();
});

interface Retention {
  payloadDays: number | null;
  historyDays: number | null;
}

/** Publishes an event whose first attempt fails. Returns its path, and the function that reads its delivery. */
async function publishOnceFailing(retention: Retention, data: object) {
  expect((await api.patch('/v1/tenants/default', { retention })).status).toBe(200);
  let failures = 1;
  receiver.handle(() => ({ status: failures-- > 0 ? 500 : 200 }));
  const { body: published } = await api.post('/v1/events', { type: 'order.paid', data });
  const path = `/v1/events/${published.id}`;
  return { path, delivery: async () => (await api.get(`${path}/deliveries`)).body.data[0] };
}

it('a delivery is sent, retried, settled and retried again in the tables of its history', async () => {
  const retention = { payloadDays: null, historyDays: 7 };
  const { path, delivery } = await publishOnceFailing(retention, { id: 'in_1' });
  await eventually(async () =>
    expect(await delivery()).toMatchObject({ status: 'succeeded', attemptCount: 2 }),
  );
  const { id } = await delivery();
  expect((await api.post(`/v1/deliveries/${id}/retry`)).status).toBe(202);
  await eventually(async () =>
    expect(await delivery()).toMatchObject({ status: 'succeeded', attemptCount: 3 }),
  );
  const { rows } = await database.pool.query(
    `SELECT tableoid::regclass::text AS name FROM settled_delivery WHERE id = $1
     UNION ALL SELECT tableoid::regclass::text FROM earlier_attempt WHERE delivery_id = $1`,
    [decodeId('delivery', id)],
  );
  expect(rows.map(({ name }) => name.replace(/\d{8}$/, 'DAY'))).toEqual([
    'settled_delivery_class_1_DAY',
    'earlier_attempt_class_1_DAY',
    'earlier_attempt_class_1_DAY',
  ]);
  expect((await api.get(path)).body).toMatchObject({ historyUntil: expect.any(String) });
});

it('a payload is sent, retried, and gone after its last delivery', async () => {
  const retention = { payloadDays: 0, historyDays: null };
  const { path, delivery } = await publishOnceFailing(retention, { id: 'in_2' });
  await eventually(async () =>
    expect((await api.get(path)).body).toMatchObject({ data: null, payloadUntilSettled: true }),
  );
  const settled = await delivery();
  expect(settled).toMatchObject({ status: 'succeeded', attemptCount: 2 });
  const bodies = receiver.requests.filter(({ body }) => body.includes('in_2')).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toBe(bodies[0]);
  const retry = await api.post(`/v1/deliveries/${settled.id}/retry`);
  expect(retry).toMatchObject({ status: 409, body: { code: 'payload_expired' } });
});
