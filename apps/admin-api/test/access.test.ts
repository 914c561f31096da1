// Makes every API call with every kind of key, on resources of its tenant and of another. Calls and their access rules come
// from the OpenAPI document: a call without rules, or one that this test cannot make, fails.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, encodeId, newApiKey, newId, type Role, ROLES, SCOPES, type Scope } from '@posthorn/core';
import { openApiDocument, OPERATION_IDS } from '@posthorn/contract';
import type { ApiResponse, Receiver } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { LOWEST_ROLES } from './lowest-roles.js';
import { clientWith, signIn } from './sign-in.js';
import { startApi, type TestApi } from './start-api.js';

interface Operation {
  operationId: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  security: object[];
  /** One entry is required; of a list all scopes. */
  'x-scopes'?: (Scope | Scope[])[];
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

/** Without sign-in, which has its key in the body, or none. */
const OPERATIONS = EVERY.filter(({ security }) => security.length > 0);

const scopesOf = (operation: Operation) => operation['x-scopes'] ?? [];

/** Returns whether any valid key may call it. */
const isForAnyKey = (operation: Operation) => operation['x-tenancy'] === 'self';

/** Returns where a request can name a tenant. */
function namesTenant({ operationId, parameters = [], requestBody }: Operation): 'query' | 'body' | null {
  if (parameters.some(({ name, in: location }) => location === 'query' && name === 'tenantId'))
    return 'query';
  // Each event of a batch names one.
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
/** A webhook of ours. */
let feedWebhookId: string;
let receiver: Receiver;
let invalidKeys: CheckedClient[];
let keys: KeyOfTest[];

/** How a client authenticates. A key for all tenants decides where an operation requires one, a key of a tenant elsewhere. */
const KINDS = ['key', 'unboundKey', 'limitedKey', 'session', 'portalLink'] as const;
type Kind = (typeof KINDS)[number];

interface KeyOfTest {
  kind: Kind;
  scopes: readonly Scope[];
  /** The table decides what the key may do, not its scopes. */
  role?: Role;
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

interface NewKey {
  tenantId?: string;
  tenantIds?: string[];
  scopes?: Scope[];
  role?: Role;
}

async function keyWith(fields: NewKey): Promise<CheckedClient> {
  return api.client(await keyTextWith(fields));
}

async function keyTextWith(fields: NewKey): Promise<string> {
  return (await api.admin.post('/v1/api-keys', fields)).body.key;
}

beforeAll(async () => {
  api = await startApi({ email: EMAIL, attestationUntil: new Date(Date.now() + 3_600_000) });
  receiver = await api.receiver();
  receiver.handle(({ json }) => ({ body: JSON.stringify({ code: json().data.code }) }));
  invalidKeys = [
    await revokedKey(),
    await expiredKey(),
    // A session token is only valid as a cookie, and a key only as a bearer.
    api.client(newApiKey('session')),
    clientWith(api.client(), { cookie: `posthorn_session=${api.adminKey}` }),
  ];
  ours = await createTenant('ours');
  theirs = await createTenant('theirs');
  const other = await createTenant('other');
  feedWebhookId = await createActiveWebhook(ours.admin, unique());
  keys = [];
  for (const scope of SCOPES) {
    const bound = await keyTextWith({ scopes: [scope], tenantId: ours.id });
    keys.push({ kind: 'key', scopes: [scope], client: api.client(bound) });
    keys.push({ kind: 'session', scopes: [scope], client: await signIn(api, bound) });
    keys.push({ kind: 'unboundKey', scopes: [scope], client: await keyWith({ scopes: [scope] }) });
  }
  for (const role of ROLES) {
    const bound = await keyTextWith({ role, tenantId: ours.id });
    keys.push({ kind: 'key', scopes: [], role, client: api.client(bound) });
    keys.push({ kind: 'session', scopes: [], role, client: await signIn(api, bound) });
    keys.push({ kind: 'unboundKey', scopes: [], role, client: await keyWith({ role }) });
    // As a key of ours, which it acts for.
    const limited = await keyWith({ role, tenantIds: [ours.id, other.id] });
    keys.push({ kind: 'limitedKey', scopes: [], role, client: limited });
    keys.push({ kind: 'portalLink', ...(await portalKey(role)) });
  }
});
afterAll(() => api.close());

async function portalKey(role: Role): Promise<Pick<KeyOfTest, 'scopes' | 'client'>> {
  const { body } = await api.admin.post('/v1/portal-links', { tenantId: ours.id, role });
  const client = api.client(/#token=(php_[\w-]{43})$/.exec(body.url)?.[1]);
  const { scopes } = (await client.get('/v1/session')).body.holder;
  expect(scopes.some((scope: string) => scope.endsWith(':write'))).toBe(role !== 'viewer');
  expect(scopes.filter((scope: string) => scope.startsWith('admin'))).toEqual([]);
  return { scopes, client };
}

const UNKNOWN_ID = 'wh_01jw000000e008000000000001';
const UNKNOWN_DELIVERY_ID = 'dlv_01jw000000e008000000000001';
const UNKNOWN_SECRET_ID = 'sec_01jw000000e008000000000001';

/** Accepts every message. */
const EMAIL = {
  smtp: { send: () => Promise.resolve({ status: 'sent' } as const) },
  from: 'alerts@hooks.example',
  operatorEmails: ['ops@hooks.example'],
  key: Buffer.alloc(32),
};

let count = 0;
const unique = (): string => `a.b${(count += 1)}`;

/** What an erasure of a person names. */
const personOf = () => ({ key: '/a', value: unique() });

const SPAN = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

/** Creates a resource of each kind that a path can name, for a tenant. */
const MAKE: Record<string, (tenant: Tenant) => Promise<string>> = {
  webhooks: async ({ admin }) => {
    const id = await createActiveWebhook(admin, unique());
    await admin.post(`/v1/webhooks/${id}/signing-keys`);
    return id;
  },
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
  recoveries: async ({ admin }) => (await admin.post('/v1/recoveries', { since: SPAN.from })).body.id,
  tenants: async ({ id }) => id,
  'notification-recipients': async ({ id, admin }) => {
    const address = `${unique()}@customer.example`;
    await api.deps.pool.query('DELETE FROM notification_recipient WHERE tenant_id = $1', [
      decodeId('tenant', id),
    ]);
    return (await admin.post('/v1/notification-recipients', { address })).body.address;
  },
  // Of a feed, since others exist for admins only.
  'api-keys': async ({ admin }) => {
    const webhookId = await createActiveWebhook(admin, unique());
    return (await admin.post('/v1/api-keys', { webhookId })).body.id;
  },
  'rejected-events': async ({ id }) => {
    const uuid = newId();
    await api.deps.pool.query(
      "INSERT INTO rejected_event (id, tenant_id, source, code, message, payload) VALUES ($1, $2, 'queue', 'a', 'b', '')",
      [uuid, decodeId('tenant', id)],
    );
    return encodeId('rejectedEvent', uuid);
  },
  'portal-links': async ({ id, admin }) => (await admin.post('/v1/portal-links', { tenantId: id })).body.id,
  erasures: async ({ id, admin }) =>
    (await admin.post('/v1/erasures', { tenantId: id, ...personOf() })).body.id,
  'event-types': async () => (await api.admin.post('/v1/event-types', { name: unique() })).body.name,
};

async function createActiveWebhook(admin: CheckedClient, eventType: string): Promise<string> {
  const { id } = (await admin.post('/v1/webhooks', { url: receiver.url, eventTypes: [eventType] })).body;
  const { body } = await admin.post(`/v1/webhooks/${id}/validation`);
  expect(body.status).toBe('confirmed');
  return id;
}

/** Bodies of the calls that need one. */
const BODIES: Record<string, () => Record<string, unknown>> = {
  createErasure: personOf,
  publishEvent: () => ({ type: 'a.b', data: {} }),
  createWebhook: () => ({ url: 'https://receiver.example/', eventTypes: ['never'] }),
  putWebhook: () => ({ url: 'https://receiver.example/', eventTypes: ['never'] }),
  importWebhook: () => ({ source: 'Test', url: 'https://receiver.example/', eventTypes: ['never'] }),
  removeImport: () => ({ source: 'Test' }),
  putRefusedImports: () => ({ source: 'Test', webhooks: [] }),
  updateWebhook: () => ({ description: 'changed' }),
  putClientCertificate: () => ({ certificate: 'invalid' }),
  putTenantCertificate: () => ({ certificate: 'invalid' }),
  confirmValidation: () => ({ code: 'ABCD2345' }),
  attestValidation: () => ({ reason: 'receives from our old system' }),
  testWebhook: () => ({ eventType: 'a.b' }),
  compareRequest: () => ({ event: 'unknown', headers: {}, body: '{}' }),
  replayWebhook: () => SPAN,
  setFeedCursor: () => ({ sequence: 0 }),
  previewDeliveryFormat: () => ({ deliveryFormat: {}, eventType: 'a.b' }),
  createRecovery: () => ({ since: SPAN.from, dryRun: true }),
  createEventType: () => ({ name: unique() }),
  updateEventType: () => ({ description: 'another' }),
  putTenantEgress: () => ({ proxy: 'direct' }),
  putWebhookEgress: () => ({ proxy: 'direct' }),
  createTenant: () => ({ name: unique() }),
  putTenant: () => ({ name: unique() }),
  updateTenant: () => ({ contactEmail: null }),
  createApiKey: () => ({ webhookId: feedWebhookId }),
  addRecipient: () => ({ address: 'a@customer.example' }),
  createPortalLink: () => ({ tenantId: 'default' }),
};

/** Required query parameters. */
const QUERIES: Record<string, Record<string, string>> = {
  getWebhookTrends: { webhookIds: UNKNOWN_ID },
  search: { q: UNKNOWN_ID },
};

function bodyFor(
  { operationId }: Operation,
  tenantId: string | undefined,
  id = UNKNOWN_DELIVERY_ID,
): unknown {
  const named = tenantId === undefined ? {} : { tenantId };
  if (operationId === 'retryDeliveries') return { ids: [id.startsWith('dlv_') ? id : UNKNOWN_DELIVERY_ID] };
  if (operationId === 'publishBatch') return { events: [{ type: 'a.b', data: {}, ...named }] };
  const body = BODIES[operationId]?.();
  return body && { ...body, ...named };
}

/** Calls `operation` on a resource, or, if its path names none, for a tenant. */
async function call(
  client: CheckedClient,
  operation: Operation,
  { id = '', tenantId }: { id?: string; tenantId?: string | undefined },
): Promise<ApiResponse> {
  const location = namesTenant(operation);
  const query = new URLSearchParams(QUERIES[operation.operationId]);
  if (tenantId !== undefined && location === 'query') query.set('tenantId', tenantId);
  const path = `${await pathFor(operation, id)}?${query.toString()}`;
  const { method } = operation;
  if (method === 'get' || method === 'delete') return client[method](path);
  return client[method](path, bodyFor(operation, location === 'body' ? tenantId : undefined, id));
}

/** Fills in the id of a resource, and the id of the first part of it that the path names. */
async function pathFor({ method, path }: Operation, id: string): Promise<string> {
  // Others put a part of a resource.
  const createsByOwnId = method === 'put' && /\}(?:\/import)?$/.test(path);
  if (createsByOwnId) return path.replace(/\{\w+\}/, `ext:${unique()}`);
  const [list = '', part] = path.replace(/\{\w+\}/, id).split(/\/\{\w+\}/);
  if (part === undefined) return list;
  const { body } = await api.admin.get(list);
  return `${list}/${body.data?.[0]?.id ?? UNKNOWN_SECRET_ID}${part}`;
}

/** Returns the kind of resource in a path: `webhooks` for /v1/webhooks/{id}/test. */
const kindOf = ({ operationId, path }: Operation) =>
  // Its body names deliveries.
  operationId === 'retryDeliveries' ? 'deliveries' : /^\/v1\/([\w-]+)\/\{\w+\}/.exec(path)?.[1];

describe.each(OPERATIONS.map((operation) => [operation.operationId, operation] as const))(
  '%s',
  (_, operation) => {
    const kind = kindOf(operation);
    const scopes = scopesOf(operation);
    const tenancy = operation['x-tenancy'];
    // The others would lose their keys if the operation deletes their tenant.
    const isOfTenants = kind === 'tenants' && tenancy === 'all';
    const make = async (tenant: Tenant) =>
      isOfTenants ? (await createTenant(unique())).id : ((kind && (await MAKE[kind]?.(tenant))) ?? '');

    it('declares its access rules', () => {
      expect(scopes.length > 0).toBe(!isForAnyKey(operation));
      expect(operation.security.length).toBeGreaterThan(0);
      for (const scope of scopes.flat()) expect(SCOPES).toContain(scope);
      expect(['own', 'shared', 'all', 'self']).toContain(tenancy);
      // The tenant must follow from the resource, or be named.
      if (tenancy === 'own') expect(kind ?? namesTenant(operation)).not.toBeNull();
    });

    it('can be called by this test', () => {
      if (kind !== undefined) expect(Object.keys(MAKE)).toContain(kind);
      if (operation.requestBody?.required) expect(bodyFor(operation, undefined)).toBeDefined();
    });

    it('rejects requests without a valid key', async () => {
      const responses = await Promise.all(
        [api.client(), api.client(newApiKey()), ...invalidKeys].map((client) =>
          call(client, operation, { id: UNKNOWN_ID }),
        ),
      );
      expect(responses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    });

    it('rejects other scopes, and keys of a tenant if it requires all tenants', async () => {
      const closed = keysFor(operation, (key) => !mayCall(operation, key));
      const responses = await Promise.all(
        closed.map(({ client }) => call(client, operation, { id: UNKNOWN_ID })),
      );
      for (const { status, body } of responses) expect([status, body.code]).toEqual([403, 'forbidden']);
      expect(closed.length > 0).toBe(!isForAnyKey(operation));
    });

    it("accepts its scopes and admin, on the tenant's own resources", async () => {
      const open = keysFor(
        operation,
        (key) => mayCall(operation, key) && !(isEnded(key) && operation.operationId === 'deleteSession'),
      );
      const shared = operation.method === 'delete' ? null : await make(ours);
      const responses: ApiResponse[] = [];
      // One after another: what one call deletes or opens may be in the way of the others.
      for (const { client } of open)
        responses.push(
          await call(client, operation, { id: shared ?? (await make(ours)), tenantId: ours.id }),
        );
      // Some fail validation, or are too many at a time, which only authorized callers see.
      for (const { status } of responses) expect([200, 201, 202, 204, 409, 422, 429]).toContain(status);
      expect(open.length).toBeGreaterThan(0);
    });

    if (tenancy === 'own')
      it('does not find resources of another tenant', async () => {
        const id = await make(theirs);
        const bound = keysFor(operation, (key) => isBound(key) && mayCall(operation, key));
        expect(bound.length).toBeGreaterThan(0);
        for (const { client } of bound) {
          const response = await call(client, operation, { id, tenantId: theirs.id });
          expect(statusOf(response)).toBe(404);
        }
      });
  },
);

/**
 * Returns the keys of the kind that decides which scopes and roles may make a call, and of each other kind the first and the last one,
 * which has the highest role: how a client authenticates has no influence on its scopes.
 */
function keysFor(operation: Operation, isFor: (key: KeyOfTest) => boolean): KeyOfTest[] {
  const deciding: Kind = operation['x-tenancy'] === 'all' ? 'unboundKey' : 'key';
  return KINDS.flatMap((kind) => {
    const ofKind = keys.filter((key) => key.kind === kind && isFor(key));
    return kind === deciding ? ofKind : ofKind.filter((_, index) => [0, ofKind.length - 1].includes(index));
  });
}

const isBound = ({ kind }: KeyOfTest) => kind !== 'unboundKey';

/** Returns whether signing out ends it. */
const isEnded = ({ kind }: KeyOfTest) => kind === 'session' || kind === 'portalLink';

function mayCall(operation: Operation, key: KeyOfTest): boolean {
  const { scopes, role } = key;
  if (isForAnyKey(operation)) return true;
  if (isBound(key) && operation['x-tenancy'] === 'all') return false;
  if (role !== undefined) return ROLES.indexOf(role) >= ROLES.indexOf(lowestRoleOf(operation));
  const accepted = scopesOf(operation);
  const has = (scope: Scope) =>
    scopes.includes(scope) ||
    scopes.includes('admin') ||
    (scope === 'webhooks:operate' && scopes.includes('webhooks:write'));
  return accepted.some((each) => [each].flat().every(has));
}

function lowestRoleOf({ operationId }: Operation): Role {
  const id = OPERATION_IDS.find((known) => known === operationId);
  if (id === undefined) throw new Error(`${operationId} is not in the table of routes`);
  return LOWEST_ROLES[id];
}

describe('the roles', () => {
  it('have an entry for each operation', () => {
    expect(Object.keys(LOWEST_ROLES).toSorted()).toEqual(OPERATION_IDS.toSorted());
  });
});

/** A batch reports errors per event or delivery. */
function statusOf({ status, body }: ApiResponse): number {
  const [first] = body?.rejected ?? body?.results ?? [];
  return first?.code === 'not_found' ? 404 : status;
}

async function revokedKey(): Promise<CheckedClient> {
  const { id, key } = (await api.admin.post('/v1/api-keys', { scopes: ['admin'] })).body;
  await api.admin.delete(`/v1/api-keys/${id}`);
  return api.client(key);
}

async function expiredKey(): Promise<CheckedClient> {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const { id, key } = (await api.admin.post('/v1/api-keys', { scopes: ['admin'], expiresAt })).body;
  await api.deps.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [
    decodeId('apiKey', id),
  ]);
  return api.client(key);
}

describe('the served document', () => {
  it('has the rules tested here', async () => {
    const { body } = await api.client().get('/openapi.json');
    expect(rulesOf(body)).toEqual(rulesOf(document));
  });
});

function rulesOf({ paths }: { paths: Record<string, Record<string, Operation>> }) {
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .map((operation) => [operation.operationId, operation['x-scopes'], operation['x-tenancy']]);
}
