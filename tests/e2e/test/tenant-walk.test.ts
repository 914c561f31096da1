// A tenant goes all the way from its creation to its purge, with all processes and as its operator and its customers see it, while other
// tenants publish. Afterwards, the erased bytes are searched for wherever something is stored. `npm run walk` does the same beside 50 tenants,
// without moving a clock, and prints how long it took.
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  eventually,
  patientClient,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Redis } from 'ioredis';
import { type Bystanders, startBystanders } from './walk/bystanders.js';
import { cleanLog, cleanRelations } from './walk/clean-files.js';
import { Person } from './walk/person.js';
import { findInFiles, findInRedis, findInRows, type Sought } from './walk/sought.js';
import { Walker } from './walk/walker.js';

const TENANTS = Number(process.env['WALK_TENANTS'] ?? 5);
/** Waits by the clock. */
const IS_LONG = process.env['WALK_TENANTS'] !== undefined;
const PATIENT = { timeoutMs: 600_000 };

let stack: Stack;
let database: Database;
let redis: Redis;
let receiver: Receiver;
let api: ApiClient;
let bystanders: Bystanders;
let walker: Walker;
const erased = new Person();
const kept = new Person();
/** What the erasure of the person removes, and what only the purge does. */
const sought: Record<'person' | 'tenant', Sought[]> = { person: [], tenant: [] };
let requestsAtErasure = 0;
let startedAtMs = 0;

beforeAll(async () => {
  receiver = await startReceiver({
    handler({ path: at, body, json }) {
      const { type, data } = json();
      if (type === 'webhook.validation') return { body: JSON.stringify({ code: data.code }) };
      if (!/\/(?:failing|once)$/.test(at)) return {};
      // It responds with what it got.
      const { header } = body.includes(kept.id) ? kept : erased;
      return { status: 500, headers: { 'x-echo': header }, body: body.slice(body.indexOf('"customer')) };
    },
  });
  stack = await startStack({ ephemeral: true, env: { POSTHORN_TENANT_PURGE_DAYS: '0' } });
  database = connect({ url: stack.databaseUrl, applicationName: 'posthorn walk' });
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  api = patientClient(stack.apiUrl, stack.adminKey);
  bystanders = await startBystanders({ api, apiUrl: stack.apiUrl, receiver, tenants: TENANTS });
  walker = new Walker({ stack, api, receiver, redis });
}, 240_000);

afterAll(async () => {
  redis?.disconnect();
  await database?.stop();
  await stack?.stop();
  await receiver?.close();
});

/** Searches everything that is stored, except the files of PostgreSQL. */
async function findStored(texts: readonly Sought[]): Promise<string[]> {
  const places = await Promise.all([
    findInRows(database.pool, texts),
    findInRedis(redis, texts),
    findInFiles(path.join(stack.dataDir, 'redis'), texts),
    findInFiles(path.join(stack.dataDir, 'logs'), texts),
  ]);
  return places.flat();
}

const namesIn = (found: readonly string[]): string[] =>
  [...new Set(found.map((text) => text.split(' in ')[0] ?? ''))].toSorted();

const namesOf = (texts: readonly Sought[]): string[] =>
  [...new Set(texts.map(({ name }) => name))].toSorted();

const seconds = (): string => `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
const report = (text: string): void => {
  if (IS_LONG) process.stdout.write(`${text}\n`);
};

it('is created, and used in all ways', async () => {
  await walker.create();
  await walker.publish(kept);
  const { body: failed } = await walker.own.get('/v1/deliveries?status=failed&limit=1');
  const retry = await walker.own.post(
    `/v1/deliveries/${failed.data[0].id}/retry`,
    {},
    { 'idempotency-key': 'once' },
  );
  expect(retry.status).toBe(202);
}, 120_000);

it('is suspended: nothing is sent or accepted until it is reactivated', async () => {
  const suspended = await api.post(`/v1/tenants/${walker.id}/suspend`, { reason: 'unpaid' });
  expect(suspended.status).toBe(200);
  const [before, retried] = [walker.allRequests(), walker.requests('failing', kept.id)];
  const rejected = await walker.own.post('/v1/events', { type: 'order.placed', data: erased.data() });
  expect([rejected.status, rejected.body.code]).toEqual([403, 'tenant_suspended']);
  await walker.push('order.placed', { data: erased.data({ text: erased.rejected }) });
  await eventually(async () => expect(await walker.rejectedWith(erased)).toBe(1));
  const dropped = await walker.list('/v1/deliveries?status=dropped');
  expect(new Set(dropped.map(({ reason }) => reason))).toEqual(new Set(['tenant_suspended']));
  expect(walker.allRequests()).toBe(before);
  expect((await api.post(`/v1/tenants/${walker.id}/reactivate`, {})).body.status).toBe('active');
  await walker.publish(erased);
  // A retry that the suspension dropped was due meanwhile.
  await walker.untilRetried(erased);
  expect(walker.requests('failing', kept.id)).toBe(retried);
}, 120_000);

const ids = (rows: readonly Record<string, unknown>[]) => rows.map(({ id }) => String(id)).toSorted();

it('is exported completely', async () => {
  const records = new Map<string, Record<string, unknown>[]>();
  for await (const { type, data } of walker.sdk.tenants.export(walker.id))
    records.set(type, [...(records.get(type) ?? []), data]);
  const exported = (type: string) => records.get(type) ?? [];
  for (const [type, list] of [
    ['webhook', '/v1/webhooks'],
    ['api_key', '/v1/api-keys'],
    ['event', '/v1/events'],
    ['delivery', '/v1/deliveries'],
    ['rejected_event', '/v1/rejected-events'],
  ] as const) {
    const listed = await walker.list(list);
    expect(listed.length).toBeGreaterThan(0);
    expect([type, ids(exported(type))]).toEqual([type, ids(listed)]);
  }
  for (const event of exported('event'))
    expect((await walker.admin.get(`/v1/events/${String(event['id'])}`)).body).toEqual(event);
  const attempts = await Promise.all(
    exported('delivery').map(({ id }) => walker.list(`/v1/deliveries/${String(id)}/attempts`)),
  );
  expect(ids(exported('attempt'))).toEqual(ids(attempts.flat()));
  expect(exported('complete')).toHaveLength(1);
});

it('erases one customer: nothing that is stored or sent has the data any more', async () => {
  // As autovacuum does: the statistics of PostgreSQL have values of columns.
  await database.pool.query('ANALYZE');
  sought.person = await erased.stored(database.pool);
  sought.tenant = [...walker.sought(), ...(await kept.stored(database.pool))];
  for (const texts of Object.values(sought)) expect(namesIn(await findStored(texts))).toEqual(namesOf(texts));

  const input = { tenantId: walker.id, key: '/customer/id', value: erased.id };
  const dryRun = await walker.sdk.erasures.create({ ...input, dryRun: true });
  // The index has no events of the type without search keys.
  expect(dryRun).toEqual({ id: null, total: 4 });
  startedAtMs = performance.now();
  const { id } = await walker.sdk.erasures.create(input);
  const completed = await eventually(async () => {
    const erasure = await walker.sdk.erasures.get(id ?? '');
    expect(erasure.status).toBe('completed');
    return erasure;
  }, PATIENT);
  report(`person: completed after ${seconds()}`);
  requestsAtErasure = erasedRequests();
  expect(completed.counts).toMatchObject({
    events: 6,
    rejectedEvents: 2,
    droppedDeliveries: 6,
    redisFiles: 1,
  });
  expect(await findStored(sought.person)).toEqual([]);
  report(`person: searched after ${seconds()}`);
  expect(namesIn(await findStored(sought.tenant))).toEqual(namesOf(sought.tenant));

  const events = await walker.list('/v1/events');
  expect(events.filter((event) => event['erased'])).toHaveLength(6);
  expect((await walker.admin.get(`/v1/search?q=${erased.id}`)).body.data ?? []).toEqual([]);
}, 700_000);

const erasedRequests = (): number => receiver.requests.filter(({ body }) => body.includes(erased.id)).length;

it('is deleted and purged: only its usage and its audit log without values stay', async () => {
  const usage = () => api.get(`/v1/usage?groupBy=tenant&from=2020-01-01&tenantId=${walker.id}`);
  const used = IS_LONG ? (await usage()).body.data : null;
  expect((await api.delete(`/v1/tenants/${walker.id}`)).status).toBeLessThan(300);
  startedAtMs = performance.now();
  expect(
    (
      await apiClient(stack.apiUrl, stack.adminKey).post('/v1/tenants', {
        name: 'again',
        externalId: walker.externalId,
      })
    ).status,
  ).toBe(409);
  expect((await walker.own.get('/v1/events')).status).toBe(401);
  const id = await eventually(async () => {
    const { body } = await api.get('/v1/erasures?limit=10');
    const purge = body.data.find(({ kind }: { kind: string }) => kind === 'tenant');
    expect(purge).toMatchObject({ tenantId: walker.id });
    return purge.id as string;
  }, PATIENT);
  if (!IS_LONG) await forwardClock();
  await eventually(
    async () => expect((await api.get(`/v1/erasures/${id}`)).body.status).toBe('completed'),
    PATIENT,
  );
  report(`tenant: completed after ${seconds()}`);
  expect((await api.get(`/v1/tenants/${walker.id}`)).status).toBe(404);
  expect(await findStored([...sought.person, ...sought.tenant])).toEqual([]);
  expect(erasedRequests()).toBe(requestsAtErasure);
  const { body: audit } = await api.get(`/v1/audit-entries?target=${walker.id}`);
  expect(audit.data.map(({ action }: { action: string }) => action)).toContain('tenant.deleted');
  if (IS_LONG) expect((await usage()).body.data).toEqual([{ ...used[0], tenantName: null }]);
}, 1_200_000);

/** As if the tenant had been deleted an hour ago: its usage is counted, and no request can be in flight. */
async function forwardClock(): Promise<void> {
  const { pool } = database;
  const tenantId = decodeId('tenant', walker.id);
  await pool.query(
    `UPDATE usage_progress SET counted_until = greatest(counted_until, now() - interval '10 minutes')`,
  );
  await pool.query(`UPDATE tenant SET deleted_at = deleted_at - interval '1 hour' WHERE id = $1`, [tenantId]);
  await pool.query(`UPDATE erasure SET quiet_at = now() - interval '1 second' WHERE tenant_id = $1`, [
    tenantId,
  ]);
}

it('has left the files of the database and the write-ahead log', async () => {
  startedAtMs = performance.now();
  const all = [...sought.person, ...sought.tenant];
  const search = { pool: database.pool, cluster: path.join(stack.dataDir, 'postgres'), sought: all };
  const { afterVacuum, rewritten, afterRewrite } = await cleanRelations(search);
  report(
    `after VACUUM (ANALYZE): ${JSON.stringify([...new Set(afterVacuum.map(({ relation }) => relation))])}`,
  );
  report(`rewritten: ${rewritten.join(', ')}; after ${seconds()}`);
  expect(afterRewrite).toEqual([]);
  const segments = await cleanLog(search);
  report(`write-ahead log: ${segments} segments filled; after ${seconds()}`);
  expect(segments).toBeGreaterThan(0);
}, 600_000);

it('has disturbed no other tenant', async () => {
  const published = await bystanders.stop();
  report(`events of the other tenants: ${published}`);
  expect(published).toBeGreaterThan(TENANTS);
}, 120_000);
