// Every call of the API with every kind of key, on things of its own tenant and of another. The calls and their rules come
// from the OpenAPI document: one that says nothing of who may call it, or that this test cannot call, fails.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, newApiKey, SCOPES, type Scope } from '@posthorn/core';
import { openApiDocument } from '@posthorn/contract';
import type { ApiResponse, Receiver } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { clientWith, signIn } from './sign-in.js';
import { startApi, type TestApi } from './start-api.js';

interface Operation {
  operationId: string;
  method: 'get' | 'post' | 'patch' | 'delete';
  path: string;
  security: Record<string, string[]>[];
  'x-tenancy'?: unknown;
  parameters?: { name: string; in: string }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
}

interface Schema {
  $ref?: string;
  properties?: Record<string, unknown>;
}

const document = JSON.parse(JSON.stringify(openApiDocument('0')));

const EVERY: Operation[] = Object.entries<Record<string, Operation>>(document.paths)
  .filter(([path]) => path.startsWith('/v1/'))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => Object.assign(operation, { path, method })),
  );

/** Signing in brings its key in the body. */
const OPERATIONS = EVERY.filter(({ operationId }) => operationId !== 'createSession');

const scopesOf = ({ security }: Operation) => security.flatMap(({ bearer = [] }) => bearer);

/** Whether it asks for nothing but a key. */
const isForAnyKey = (operation: Operation) => operation['x-tenancy'] === 'self';

/** Whether a request can name a tenant. */
function namesTenant({ operationId, parameters = [], requestBody }: Operation): 'query' | 'body' | null {
  if (parameters.some(({ name, in: place }) => place === 'query' && name === 'tenantId')) return 'query';
  // Each event of a batch does.
  if (operationId === 'publishBatch') return 'body';
  const schema = requestBody?.content['application/json']?.schema;
  const resolved: Schema | undefined = schema?.$ref
    ? document.components.schemas[schema.$ref.split('/').at(-1) ?? '']
    : schema;
  return resolved?.properties?.['tenantId'] === undefined ? null : 'body';
}

let api: TestApi;
let ours: Tenant;
let theirs: Tenant;
let receiver: Receiver;
let ended: CheckedClient[];
let keys: KeyOfTest[];

interface KeyOfTest {
  scopes: readonly Scope[];
  isBound: boolean;
  /** It is ended by signing out. */
  isSession?: boolean;
  client: CheckedClient;
}

interface Tenant {
  id: string;
  admin: CheckedClient;
}

async function createTenant(name: string): Promise<Tenant> {
  const { id } = (await api.admin.post('/v1/tenants', { name })).body;
  return { id, admin: await keyWith({ tenantId: id, scopes: ['admin'] }) };
}

async function keyWith(fields: { tenantId?: string; scopes?: Scope[] }): Promise<CheckedClient> {
  return api.client(await keyTextWith(fields));
}

async function keyTextWith(fields: { tenantId?: string; scopes?: Scope[] }): Promise<string> {
  return (await api.admin.post('/v1/api-keys', fields)).body.key;
}

beforeAll(async () => {
  api = await startApi();
  receiver = await api.receiver();
  receiver.handle(({ json }) => ({ body: JSON.stringify({ code: json().data.code }) }));
  ended = [
    await revokedKey(),
    await expiredKey(),
    // A session is a cookie, and nothing else is.
    api.client(newApiKey('session')),
    clientWith(api.client(), { cookie: `posthorn_session=${api.adminKey}` }),
  ];
  ours = await createTenant('ours');
  theirs = await createTenant('theirs');
  keys = [];
  for (const scope of SCOPES) {
    const bound = await keyTextWith({ scopes: [scope], tenantId: ours.id });
    keys.push({ scopes: [scope], isBound: true, client: api.client(bound) });
    keys.push({ scopes: [scope], isBound: true, isSession: true, client: await signIn(api, bound) });
    keys.push({ scopes: [scope], isBound: false, client: await keyWith({ scopes: [scope] }) });
  }
  for (const readOnly of [false, true])
    keys.push({ ...(await portalKey(readOnly)), isBound: true, isSession: true });
}, 60_000);
afterAll(() => api.close());

async function portalKey(readOnly: boolean): Promise<Pick<KeyOfTest, 'scopes' | 'client'>> {
  const { body } = await api.admin.post('/v1/portal-links', { tenantId: ours.id, readOnly });
  const client = api.client(/#token=(php_[\w-]{43})$/.exec(body.url)?.[1]);
  const { scopes } = (await client.get('/v1/session')).body.apiKey;
  expect(scopes.some((scope: string) => scope.endsWith(':write'))).toBe(!readOnly);
  expect(scopes).not.toContain('admin');
  return { scopes, client };
}

const UNKNOWN_ID = 'wh_01jw000000e008000000000001';

let count = 0;
const unique = (): string => `a.b${(count += 1)}`;

const SPAN = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

/** Makes a thing of each kind that a path can name, for a tenant. */
const MAKE: Record<string, (tenant: Tenant) => Promise<string>> = {
  webhooks: ({ admin }) => createActiveWebhook(admin, unique()),
  events: async ({ admin }) => (await admin.post('/v1/events', { type: 'a.b', data: {} })).body.id,
  deliveries: async ({ admin }) => {
    const type = unique();
    const webhookId = await createActiveWebhook(admin, type);
    await admin.post('/v1/events', { type, data: {} });
    return (await admin.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data[0].id;
  },
  replays: async ({ admin }) => {
    const webhookId = await createActiveWebhook(admin, unique());
    return (await admin.post(`/v1/webhooks/${webhookId}/replay`, SPAN)).body.id;
  },
  'api-keys': async ({ admin }) => (await admin.post('/v1/api-keys', {})).body.id,
  'event-types': async () => (await api.admin.post('/v1/event-types', { name: unique() })).body.name,
};

async function createActiveWebhook(admin: CheckedClient, eventType: string): Promise<string> {
  const { id } = (await admin.post('/v1/webhooks', { url: receiver.url, eventTypes: [eventType] })).body;
  const { body } = await admin.post(`/v1/webhooks/${id}/validation`);
  expect(body.status).toBe('confirmed');
  return id;
}

/** A body for each call that needs one. */
const BODIES: Record<string, () => Record<string, unknown>> = {
  publishEvent: () => ({ type: 'a.b', data: {} }),
  createWebhook: () => ({ url: 'https://receiver.example/', eventTypes: ['never'] }),
  updateWebhook: () => ({ description: 'mine now' }),
  confirmValidation: () => ({ code: 'ABCD2345' }),
  testWebhook: () => ({ eventType: 'a.b' }),
  replayWebhook: () => SPAN,
  createEventType: () => ({ name: unique() }),
  updateEventType: () => ({ description: 'another' }),
  createTenant: () => ({ name: unique() }),
  createApiKey: () => ({}),
  createPortalLink: () => ({ tenantId: 'default' }),
};

/** What a call needs beside. */
const QUERIES: Record<string, Record<string, string>> = { getWebhookTrends: { webhookIds: UNKNOWN_ID } };

function bodyFor({ operationId }: Operation, tenantId: string | undefined): unknown {
  const named = tenantId === undefined ? {} : { tenantId };
  if (operationId === 'publishBatch') return { events: [{ type: 'a.b', data: {}, ...named }] };
  const body = BODIES[operationId]?.();
  return body && { ...body, ...named };
}

/** Calls `operation` on a thing, or, where its path names none, for a tenant. */
async function call(
  client: CheckedClient,
  operation: Operation,
  { id = '', tenantId }: { id?: string; tenantId?: string | undefined },
): Promise<ApiResponse> {
  const place = namesTenant(operation);
  const query = new URLSearchParams(QUERIES[operation.operationId]);
  if (tenantId !== undefined && place === 'query') query.set('tenantId', tenantId);
  const path = `${operation.path.replace(/\{\w+\}/, id)}?${query.toString()}`;
  const { method } = operation;
  if (method === 'get' || method === 'delete') return client[method](path);
  return client[method](path, bodyFor(operation, place === 'body' ? tenantId : undefined));
}

/** The kind of thing that a path names: `webhooks` of /v1/webhooks/{id}/test. */
const kindOf = ({ path }: Operation) => /^\/v1\/([\w-]+)\/\{\w+\}/.exec(path)?.[1];

describe.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_, operation) => {
    const kind = kindOf(operation);
    const scopes = scopesOf(operation);
    const tenancy = operation['x-tenancy'];

    it('says who may call it', () => {
      expect(scopes.length > 0).toBe(!isForAnyKey(operation));
      expect(operation.security.length).toBeGreaterThan(0);
      for (const scope of scopes) expect(SCOPES).toContain(scope);
      expect(['own', 'shared', 'all', 'self']).toContain(tenancy);
      // Whose it is must be told by the thing itself, or by a name of the tenant.
      if (tenancy === 'own') expect(kind ?? namesTenant(operation)).not.toBeNull();
    });

    it('can be called by this test', () => {
      if (kind !== undefined) expect(Object.keys(MAKE)).toContain(kind);
      if (operation.requestBody?.required) expect(bodyFor(operation, undefined)).toBeDefined();
    });

    it('is closed without a valid key', async () => {
      const answers = await Promise.all(
        [api.client(), api.client(newApiKey()), ...ended].map((client) =>
          call(client, operation, { id: UNKNOWN_ID }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    });

    it('is closed to other scopes, and to bound keys where it is for all tenants', async () => {
      const closed = keys.filter((key) => !mayCall(operation, key));
      const answers = await Promise.all(
        closed.map(({ client }) => call(client, operation, { id: UNKNOWN_ID })),
      );
      for (const { status, body } of answers) expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(closed.length > 0).toBe(!isForAnyKey(operation));
    });

    it('is open to its scopes and to admin, on what is of the tenant', async () => {
      const open = keys.filter(
        (key) => mayCall(operation, key) && !(key.isSession && operation.operationId === 'deleteSession'),
      );
      const answers = await Promise.all(
        open.map(async ({ client }) => {
          const id = kind === undefined ? '' : await MAKE[kind]?.(ours);
          return call(client, operation, { id: id ?? '', tenantId: ours.id });
        }),
      );
      // Some are refused for what they ask, which only those who may ask are told.
      for (const { status } of answers) expect([200, 201, 202, 204, 409, 422]).toContain(status);
      expect(open.length).toBeGreaterThan(0);
    });

    if (tenancy === 'own')
      it('knows nothing of what is of another tenant', async () => {
        const id = (kind && (await MAKE[kind]?.(theirs))) ?? '';
        const bound = keys.filter((key) => key.isBound && mayCall(operation, key));
        expect(bound.length).toBeGreaterThan(0);
        for (const { client } of bound) {
          const answer = await call(client, operation, { id, tenantId: theirs.id });
          expect(statusOf(answer)).toBe(404);
        }
      });
  },
);

function mayCall(operation: Operation, { scopes, isBound }: KeyOfTest): boolean {
  if (isForAnyKey(operation)) return true;
  if (isBound && operation['x-tenancy'] === 'all') return false;
  const wanted = scopesOf(operation);
  return scopes.some((scope) => scope === 'admin' || wanted.includes(scope));
}

/** In a batch each event is judged for itself. */
function statusOf({ status, body }: ApiResponse): number {
  return body?.rejected?.[0]?.code === 'not_found' ? 404 : status;
}

async function revokedKey(): Promise<CheckedClient> {
  const { id, key } = (await api.admin.post('/v1/api-keys', { scopes: ['admin'] })).body;
  await api.admin.delete(`/v1/api-keys/${id}`);
  return api.client(key);
}

async function expiredKey(): Promise<CheckedClient> {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const { id, key } = (await api.admin.post('/v1/api-keys', { scopes: ['admin'], expiresAt })).body;
  await api.deps.pool.query('UPDATE api_key SET expires_at = now() WHERE id = $1', [decodeId('apiKey', id)]);
  return api.client(key);
}

describe('the served document', () => {
  it('has the same rules as the one that was tested', async () => {
    const { body } = await api.client().get('/openapi.json');
    expect(rulesOf(body)).toEqual(rulesOf(document));
  });
});

function rulesOf({ paths }: { paths: Record<string, Record<string, Operation>> }) {
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .map((operation) => [operation.operationId, operation.security, operation['x-tenancy']]);
}
