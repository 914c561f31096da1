// Encrypted payloads with all processes: neither the database nor Redis has them, and the API shows them.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  apiClient,
  type ApiClient,
  createActiveWebhook,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { runToExit, type ServiceProcess, serviceSettings, startService } from './service-process.js';

const ROLES = ['api', 'producer', 'worker'] as const;

/** Nothing else contains them. */
const [PUBLISHED, PUSHED, QUEUED, INVALID, RESPONSE] = ['body', 'push', 'job', 'invalid', 'response'].map(
  (name) => `zebra-${name}-${randomBytes(4).toString('hex')}`,
) as [string, string, string, string, string];

let stack: Stack;
let database: Database;
let redis: Redis;
let receiver: Receiver;
let api: ApiClient;
let settings: Record<string, string>;
let services: ServiceProcess[] = [];

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, services: false });
  database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e' });
  redis = new Redis(stack.redisUrl);
  receiver = await startReceiver();
  const port = String(await freePort());
  settings = { ...serviceSettings(stack), POSTHORN_ADMIN_KEY: stack.adminKey, POSTHORN_PORT: port };
  api = apiClient(`http://127.0.0.1:${port}`, stack.adminKey);
}, 120_000);

afterAll(async () => {
  for (const service of services) service.kill();
  redis?.disconnect();
  await receiver?.close();
  await database?.stop();
  await stack?.stop();
});

const withKey = () => ({ ...settings, POSTHORN_PAYLOAD_KEY: payloadKey });
const payloadKey = randomBytes(32).toString('base64');

async function restartWith(env: (role: string) => Record<string, string>): Promise<void> {
  await Promise.all(services.map((service) => service.stop()));
  services = await Promise.all(ROLES.map((role) => startService(role, env(role))));
}

/** Returns all that the database has, as text. */
async function readDatabase(): Promise<string> {
  const { rows: tables } = await database.pool.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => database.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)),
  );
  return rows.flatMap((result) => result.rows.map(({ row }) => row)).join('\n');
}

/** Returns all that Redis has, as text. */
async function readRedis(): Promise<string> {
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    const read = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
    }[await redis.type(key)];
    texts.push(key, JSON.stringify(await read?.()));
  }
  return texts.join('\n');
}

const publish = async (value: string) =>
  (await api.post('/v1/events', { type: 'order.paid', data: { id: value } })).body.id;

it('payloads and responses are encrypted, and shown as they are', async () => {
  await restartWith(() => ({ ...withKey(), POSTHORN_ENCRYPT_PAYLOADS: 'true' }));
  let failures = 1;
  await createActiveWebhook(api, receiver, { eventTypes: ['order.paid'], retrySchedule: [1, 3600] });
  await api.post('/v1/event-types', { name: 'order.paid', searchKeys: ['/id'] });
  receiver.handle(() => ({
    status: failures-- > 0 ? 500 : 200,
    body: RESPONSE,
    headers: { 'x-why': RESPONSE },
  }));
  const eventId = await publish(PUBLISHED);
  const intake = `${stack.queuePrefix}:intake`;
  await redis.xadd(intake, '*', 'type', 'order.paid', 'data', JSON.stringify({ id: PUSHED }));
  await redis.xadd(intake, '*', 'type', 'order paid', 'data', JSON.stringify({ id: INVALID }));
  const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  await queue.add('order.paid', { data: { id: QUEUED } });
  await queue.close();
  const requests = await receiver.waitFor(4);
  const eventPath = `/v1/events/${eventId}`;
  await eventually(async () => {
    const { body } = await api.get('/v1/deliveries');
    expect(body.data.map(({ status }: { status: string }) => status)).toEqual(Array(3).fill('succeeded'));
    expect((await api.get('/v1/rejected-events')).body.data).toHaveLength(1);
    expect(await redis.xlen(intake)).toBe(0);
  });

  const stored = `${await readDatabase()}\n${await readRedis()}`;
  for (const secret of [PUBLISHED, PUSHED, QUEUED, INVALID, RESPONSE]) {
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(Buffer.from(secret).toString('hex'));
  }

  expect(requests.map(({ body }) => body).join('\n')).toContain(PUSHED);
  expect((await api.get(eventPath)).body.data).toEqual({ id: PUBLISHED });
  const { body: deliveries } = await api.get(`${eventPath}/deliveries`);
  const [{ id }] = deliveries.data;
  expect((await api.get(`/v1/deliveries/${id}/attempts`)).body.data[0]).toMatchObject({
    responseBody: RESPONSE,
  });
  expect((await api.get(`/v1/deliveries/${id}/request`)).body.body).toContain(PUBLISHED);
  const [rejected] = (await api.get('/v1/rejected-events')).body.data;
  expect(JSON.stringify(rejected.payload)).toContain(INVALID);
  expect((await api.get(`/v1/search?q=${PUBLISHED}`)).body.data).toMatchObject([{ id: eventId }]);
}, 120_000);

it('processes without the setting send and show what is encrypted, and those without the key do not start', async () => {
  await restartWith((role) => ({ ...withKey(), POSTHORN_ENCRYPT_PAYLOADS: String(role === 'producer') }));
  const [sealed] = (await api.get('/v1/deliveries?limit=1')).body.data;
  const sent = receiver.requests.length;
  expect((await api.post(`/v1/deliveries/${sealed.id}/retry`)).status).toBe(202);
  await receiver.waitFor(sent + 1);
  const plain = await publish('plain');
  await receiver.waitFor(sent + 2);
  expect((await api.get(`/v1/events/${plain}`)).body.data).toEqual({ id: 'plain' });
  for (const role of ROLES)
    expect(await runToExit(role, settings)).toMatchObject({
      code: 1,
      stderr: `posthorn ${role}: POSTHORN_PAYLOAD_KEY is required: this database has encrypted payloads\n`,
    });
  expect(await runToExit('worker', { ...settings, POSTHORN_ENCRYPT_PAYLOADS: 'true' })).toMatchObject({
    code: 1,
    stderr: 'posthorn worker: POSTHORN_PAYLOAD_KEY is required with POSTHORN_ENCRYPT_PAYLOADS\n',
  });
}, 120_000);
