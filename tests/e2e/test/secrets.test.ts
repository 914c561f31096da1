// Runs known secrets through all functions of Posthorn, then searches for them wherever data is stored or output.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type Pool } from '@posthorn/database/connection';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  type ApiResponse,
  createAuthority,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { dumpRedis, dumpTables } from './dump.js';

const METRICS_TOKEN = 'metrics-token-4711-secret';
const HEADERS = ['Bearer header-secret-one', 'Bearer header-secret-two', 'header-secret-three\n'];
/** They authenticate requests at receivers, and at a proxy. */
const CREDENTIALS = {
  'client secret': 'client-secret-4711',
  'access token': 'access-token-4711',
  'password at a receiver': 'receiver-password-4711',
  'password of a proxy': 'proxy-password-4711',
};
const authority = createAuthority();
const UNKNOWN_KEY = `phk_${'wrongKey'.repeat(5)}abc`;

let stack: Stack;
let receiver: Receiver;
let redis: Redis;
let pool: Pool;
let closePool: () => Promise<void>;
/** The secrets, by name. */
const secrets = new Map<string, string>();
/** The texts to search, by the name of their source. */
const sources = new Map<string, string>();

beforeAll(async () => {
  stack = await startStack({
    ephemeral: true,
    workers: 1,
    env: { POSTHORN_LOG_LEVEL: 'debug', METRICS_TOKEN },
  });
  receiver = await startReceiver();
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e' });
  ({ pool, stop: closePool } = database);
}, 120_000);

afterAll(async () => {
  redis?.disconnect();
  await closePool?.();
  await receiver?.close();
  await stack?.stop();
});

const answers: string[] = [];

async function keep(call: Promise<ApiResponse>): Promise<ApiResponse> {
  const answer = await call;
  answers.push(JSON.stringify([answer.status, [...answer.headers], answer.body]));
  return answer;
}

/** Creates a client whose responses are recorded for the search. */
function recorded(key: string): ApiClient {
  const client = apiClient(stack.apiUrl, key);
  return {
    get: (...call) => keep(client.get(...call)),
    post: (...call) => keep(client.post(...call)),
    put: (...call) => keep(client.put(...call)),
    patch: (...call) => keep(client.patch(...call)),
    delete: (...call) => keep(client.delete(...call)),
  };
}

/** Creates a resource whose response shows a secret once; the rest of the response is recorded for the search. */
async function disclosed(
  name: string,
  field: 'secret' | 'key',
  call: Promise<ApiResponse>,
): Promise<Record<string, string>> {
  const { status, body } = await call;
  expect([name, Math.floor(status / 100)]).toEqual([name, 2]);
  const { [field]: secret, ...rest } = body;
  secrets.set(name, secret);
  answers.push(JSON.stringify(rest));
  return body;
}

async function useEverything(): Promise<void> {
  const silent = apiClient(stack.apiUrl, stack.adminKey);
  const admin = recorded(stack.adminKey);
  const [first, second, third] = HEADERS;

  // Valid and invalid keys.
  const key = await disclosed('api key', 'key', silent.post('/v1/api-keys', { name: 'k' }));
  await disclosed('rotated api key', 'key', silent.post(`/v1/api-keys/${key['id']}/rotate`));
  await disclosed('key of a tenant', 'key', silent.post('/v1/tenants', { name: 't' }));
  await recorded(UNKNOWN_KEY).get('/v1/webhooks');
  await recorded(key['key'] ?? '').get('/v1/webhooks');

  // Webhooks, with a response that is stored for its idempotency key.
  const fields = { url: receiver.url, eventTypes: ['*'], retrySchedule: [1, 3600] };
  const create = () =>
    silent.post(
      '/v1/webhooks',
      { ...fields, headers: { Authorization: first } },
      { 'idempotency-key': 'create-once' },
    );
  const { id } = await disclosed('signing secret', 'secret', create());
  expect((await create()).headers.get('idempotency-replayed')).toBe('true');
  await admin.post('/v1/webhooks', { ...fields, headers: { 'X-Token': third } });
  await admin.post('/v1/webhooks', `{"url": "${first}", `);
  await admin.post(`/v1/webhooks/${id}/validation`);
  const code: string = receiver.requests.at(-1)?.json().data.code;
  secrets.set('validation code', code);
  await admin.post(`/v1/webhooks/${id}/validation/confirm`, { code: 'WRONGONE' });
  expect((await admin.post(`/v1/webhooks/${id}/validation/confirm`, { code })).body.status).toBe('active');
  await admin.patch(`/v1/webhooks/${id}`, { headers: { Authorization: second } });
  await disclosed('rotated secret', 'secret', silent.post(`/v1/webhooks/${id}/secrets/rotate`));
  const privateKey = `whsk_${randomBytes(32).toString('base64')}`;
  secrets.set('Ed25519 private key', privateKey);
  const { body: signingKey } = await silent.post(`/v1/webhooks/${id}/signing-keys`, { privateKey });
  expect(signingKey.publicKey).toMatch(/^whpk_/);
  answers.push(JSON.stringify(signingKey));
  const [client, other] = [authority.issue('client'), authority.issue('other')];
  // The header of the format and the first bytes of the key.
  secrets.set('private key of a client certificate', client.key.split('\n')[1] ?? '');
  for (const { cert: certificate } of [other, client])
    await admin.patch(`/v1/webhooks/${id}`, { clientCertificate: { certificate, privateKey: client.key } });
  const { body: certified } = await admin.get(`/v1/webhooks/${id}`);
  expect(certified.clientCertificate.subject).toBe('CN=client');
  await admin.post(`/v1/webhooks/${id}/client-certificate/csr`);
  // Custom headers are in a request that is shown, for a key that may change them.
  const { body: tested } = await silent.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
  expect(tested.request.headers.authorization).toBe(second);

  await useCredentials(silent, admin);

  // Deliveries that succeed, fail and wait, and malformed pushes.
  receiver.handle(({ json }) => ({ status: json().data.fail === true ? 500 : 200 }));
  await admin.post('/v1/events', { type: 'a.b', data: {} });
  const { body: failing } = await admin.post('/v1/events', { type: 'a.b', data: { fail: true } });
  const queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  await queue.add('not a type', { data: {} });
  await queue.add('a.b', { data: {} });
  await queue.close();
  await receiver.waitFor(
    (requests) => requests.filter(({ body }) => body.includes('a.b')).length >= 5,
    30_000,
  );
  expect(receiver.requests.at(-1)?.headers['authorization']).toBe(second);
  const delivery = await eventually(async () => {
    const { body } = await admin.get(`/v1/events/${failing.id}/deliveries`);
    expect(body.data[0].attemptCount).toBe(2);
    return body.data[0];
  });
  const scopes = ['webhooks:read', 'events:read', 'deliveries:read'];
  const reader = await disclosed(
    'key of a reader',
    'key',
    silent.post('/v1/api-keys', { tenantId: 'default', scopes }),
  );
  await recorded(reader['key'] ?? '').get(`/v1/deliveries/${delivery.id}/request`);
  sources.set('Redis while deliveries wait', await dumpRedis(redis));

  // Internal errors.
  await pool.query('ALTER TABLE webhook_subscription RENAME TO elsewhere');
  for (const broken of [
    admin.post('/v1/webhooks', { ...fields, headers: { Authorization: first } }),
    admin.post('/v1/events', { type: 'a.b', data: {} }),
  ])
    expect((await broken).status).toBe(500);
  await pool.query('ALTER TABLE elsewhere RENAME TO webhook_subscription');
  stack.process('postgres').kill('SIGKILL');
  await Promise.all([
    admin.get('/v1/webhooks'),
    admin.patch(`/v1/webhooks/${id}`, { headers: { a: first } }),
  ]);
  await eventually(async () => expect((await admin.get('/readyz')).status).toBe(200), { timeoutMs: 60_000 });

  for (const list of [
    'webhooks',
    'events',
    'deliveries',
    'api-keys',
    'tenants',
    'rejected-events',
    'audit-entries',
  ])
    expect((await admin.get(`/v1/${list}`)).body.data.length).toBeGreaterThan(0);
  await admin.get(`/v1/webhooks/${id}`);
  await admin.get(`/v1/events/${failing.id}/explain`);
  sources.set('PostgreSQL before the webhook is deleted', await dumpPostgres());
  await admin.delete(`/v1/webhooks/${id}`);
}

/** Webhooks that authenticate their requests, valid and invalid, and a proxy with a password. */
async function useCredentials(silent: ApiClient, admin: ApiClient): Promise<void> {
  const token = { access_token: CREDENTIALS['access token'], token_type: 'Bearer', expires_in: 600 };
  const login = await startReceiver({ handler: () => ({ status: 200, body: JSON.stringify(token) }) });
  const clientSecret = CREDENTIALS['client secret'];
  const auth = { type: 'oauth2', tokenUrl: login.url, clientId: 'posthorn', clientSecret };
  const created = await silent.post('/v1/webhooks', { url: receiver.url, eventTypes: ['authenticated'] });
  const webhookPath = `/v1/webhooks/${created.body.id}`;
  await silent.post(`${webhookPath}/validation`);
  await silent.post(`${webhookPath}/validation/confirm`, {
    code: receiver.requests.at(-1)?.json().data.code,
  });
  expect((await admin.patch(webhookPath, { auth: { ...auth, tokenUrl: clientSecret } })).status).toBe(422);
  await admin.patch(webhookPath, { auth });
  expect((await admin.post(`${webhookPath}/test-authentication`)).body.succeeded).toBe(true);
  await admin.post('/v1/events', { type: 'authenticated', data: {} });
  await receiver.waitFor((requests) =>
    requests.some(({ headers }) => headers['authorization'] === `Bearer ${token.access_token}`),
  );
  const password = CREDENTIALS['password at a receiver'];
  await admin.patch(webhookPath, { auth: { type: 'basic', username: 'a:b', password } });
  expect(
    (await admin.patch(webhookPath, { auth: { type: 'basic', username: 'posthorn', password } })).status,
  ).toBe(200);
  const { body: tenant } = await silent.post('/v1/tenants', { name: 'behind a proxy' });
  const proxy = {
    url: 'http://127.0.0.1:9',
    username: 'posthorn',
    password: CREDENTIALS['password of a proxy'],
  };
  expect((await admin.put(`/v1/tenants/${tenant.id}/egress`, { proxy })).status).toBe(200);
  await admin.get(`/v1/tenants/${tenant.id}/egress`);
  await login.close();
}

/** Returns all rows of all tables, as text. */
async function dumpPostgres(): Promise<string> {
  const tables = await dumpTables(pool);
  expect(tables.size).toBeGreaterThan(15);
  return [...tables].flat().join('\n');
}

async function dumpLogs(): Promise<string> {
  const folder = path.join(stack.dataDir, 'logs');
  const files = await readdir(folder);
  expect(files.length).toBeGreaterThanOrEqual(4);
  const logs = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return logs.join('\n');
}

async function dumpCommandLines(): Promise<string> {
  const lines = await Promise.all(
    stack.processes().map(({ pid }) => readFile(`/proc/${pid}/cmdline`, 'utf8')),
  );
  return lines.join('\n');
}

const kept = async (file: string) => (await readFile(path.join(stack.dataDir, file), 'utf8')).trim();

it('keeps secrets out of responses, logs, metrics, Redis and the tables of PostgreSQL', async () => {
  secrets.set('admin key', stack.adminKey);
  secrets.set('unknown key', UNKNOWN_KEY);
  secrets.set('metrics token', METRICS_TOKEN);
  secrets.set('encryption key', await kept('encryption-key'));
  secrets.set('password of the database', new URL(stack.databaseUrl).password);
  for (const [index, header] of HEADERS.entries()) secrets.set(`header ${index}`, header.trim());

  for (const [name, value] of Object.entries(CREDENTIALS)) secrets.set(name, value);

  await useEverything();

  sources.set('PostgreSQL', await dumpPostgres());
  sources.set('Redis', await dumpRedis(redis));
  sources.set('logs', await dumpLogs());
  if (process.platform === 'linux') sources.set('command lines', await dumpCommandLines());
  const metrics = await apiClient(stack.apiUrl, METRICS_TOKEN).get('/metrics');
  sources.set('metrics', String(metrics.body));
  sources.set('answers', answers.join('\n'));

  expect(secrets.size).toBe(21);
  const found = [...secrets].flatMap(([name, secret]) =>
    variants(secret)
      .filter((text) => text.length >= 8)
      .flatMap((text) =>
        [...sources]
          .filter(([, content]) => content.includes(text))
          .map(([source]) => `${name} in ${source}`),
      ),
  );
  expect(found).toEqual([]);

  // The search does find values that exist.
  expect(sources.get('logs')).toContain('"level":"debug"');
  expect(sources.get('answers')).toContain('[redacted');
  expect(sources.get('PostgreSQL')).toContain('"webhook.deleted"');
  expect(sources.get('Redis while deliveries wait')).toContain(stack.queuePrefix);
}, 180_000);

/** Returns a secret in all notations: plain, without its prefix, base64 and URL-encoded. */
function variants(secret: string): string[] {
  const bare = secret.replace(/^(?:phk_|whsec_|Bearer )/, '');
  return [
    ...new Set([bare, encodeURIComponent(bare), Buffer.from(bare).toString('base64').replace(/=+$/, '')]),
  ];
}

it('erases the secrets of a deleted webhook', async () => {
  const { rows } = await pool.query(
    `SELECT secrets, headers_sealed, EXISTS (SELECT FROM webhook_validation v WHERE v.webhook_id = w.id) AS code
     FROM webhook w WHERE status = 'deleted'`,
  );
  expect(rows).toEqual([{ secrets: [], headers_sealed: null, code: false }]);
  expect(sources.get('PostgreSQL before the webhook is deleted')).toMatch(/"headers_sealed":\s*"/);
});
