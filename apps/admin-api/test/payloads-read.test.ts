// Every call that returns payloads, with a key that has payloads:read and with one that has not.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type OperationId, OPERATION_IDS, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { decodeId, encodeId, newId, type Scope, SCOPES } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const CARD = '4000002500003155';
const TYPE = 'card.charged';

/** The operations whose responses contain the payload. A new one that does so has to be added, with a check that it redacts. */
const WITH_PAYLOADS: ReadonlySet<OperationId> = new Set<OperationId>([
  'listEvents',
  'getEvent',
  'getDeliveryRequest',
  'getFeed',
  'listRejectedEvents',
  'getRejectedEvent',
  'search',
  'exportTenant',
]);

/** Operations that change something, and return nothing of earlier events. A new one has to be added, or called here. */
const CHANGES: ReadonlySet<string> = new Set([
  'acknowledgeWebhook',
  'addRecipient',
  'attestValidation',
  'cancelRecovery',
  'cancelReplay',
  'compareRequest',
  'confirmValidation',
  'createApiKey',
  'createErasure',
  'createEventType',
  'createPortalLink',
  'createRecovery',
  'createSession',
  'createSigningKey',
  'createTenant',
  'createWebhook',
  'deleteEventType',
  'deleteSession',
  'deleteTenant',
  'reactivateTenant',
  'restoreTenant',
  'suspendTenant',
  'deleteWebhook',
  'endSecret',
  'endShadows',
  'endSigningKey',
  'importWebhook',
  'keepSession',
  'muteWebhook',
  'previewDeliveryFormat',
  'publishBatch',
  'publishEvent',
  'putClientCertificate',
  'putRefusedImports',
  'putTenant',
  'putTenantCertificate',
  'putTenantEgress',
  'putWebhook',
  'putWebhookEgress',
  'releaseQuarantine',
  'reactivateWebhook',
  'removeImport',
  'removeRecipient',
  'replayEvent',
  'replayWebhook',
  'requestClientCertificate',
  'requestTenantCertificate',
  'requestValidation',
  'retryDeliveries',
  'retryDelivery',
  'revokeApiKey',
  'revokePortalLink',
  'rotateApiKey',
  'rotateSecret',
  'setFeedCursor',
  'skipDelivery',
  'suspendWebhook',
  'testAuthentication',
  'testNotifications',
  'testWebhook',
  'unmuteWebhook',
  'updateEventType',
  'updateTenant',
  'updateWebhook',
]);

/** Streams that do not end. Its events are counts. */
const ENDLESS = new Set<OperationId>(['followOverview']);

const READS = OPERATION_IDS.filter((id) => ROUTES[id].method === 'get' && !ENDLESS.has(id));

/** The parameters of the paths, by the part before them. */
const params: Record<string, string> = {};
const query: Partial<Record<OperationId, string>> = {
  search: `?q=${CARD}&tenantId=default`,
  getStats: `?from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date().toISOString()}`,
};

const keys = { full: '', redacted: '', withoutFeed: '' };

beforeAll(async () => {
  await api.admin.post('/v1/event-types', {
    name: TYPE,
    searchKeys: ['/card/number', '/order'],
    redact: ['/card/number'],
  });
  const webhook = await createActiveWebhook(api.admin, receiver, { eventTypes: [TYPE], sequence: true });
  const { body: event } = await api.admin.post('/v1/events', {
    type: TYPE,
    data: { card: { number: CARD, brand: 'visa' }, order: 'o-1' },
  });
  const { body: deliveries } = await api.admin.get(`/v1/events/${event.id}/deliveries`);
  const rejectedId = newId();
  await api.deps.pool.query(
    `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
     VALUES ($1, $2, 'queue', 'invalid_input', 'message', $3)`,
    [
      rejectedId,
      decodeId('tenant', (await api.admin.get('/v1/tenants/default')).body.id),
      JSON.stringify({ type: TYPE, payload: { data: { card: { number: CARD } } } }),
    ],
  );
  const { body: recovery } = await api.admin.post('/v1/recoveries', { since: new Date().toISOString() });
  const { body: replay } = await api.admin.post(`/v1/webhooks/${webhook.id}/replay`, {
    from: new Date(Date.now() - 60_000).toISOString(),
    to: new Date().toISOString(),
  });
  const { body: key } = await api.admin.post('/v1/api-keys', { name: 'a', webhookId: webhook.id });
  const erase = { tenantId: 'default', key: '/card/number', value: 'another' };
  const { body: erasure } = await api.admin.post('/v1/erasures', erase);
  Object.assign(params, {
    events: event.id,
    webhooks: webhook.id,
    deliveries: deliveries.data[0].id,
    'rejected-events': encodeId('rejectedEvent', rejectedId),
    recoveries: recovery.id,
    replays: replay.id,
    'event-types': TYPE,
    tenants: 'default',
    'api-keys': key.id,
    erasures: erasure.id,
  });
  query.getWebhookTrends = `?webhookIds=${webhook.id}`;
  const keyWith = async (scopes: readonly Scope[]) =>
    (await api.admin.post('/v1/api-keys', { name: 'b', tenantId: 'default', scopes })).body.key;
  keys.full = await keyWith(['admin']);
  keys.redacted = await keyWith(SCOPES.filter((scope) => scope !== 'admin' && scope !== 'payloads:read'));
  keys.withoutFeed = await keyWith([
    'webhooks:read',
    'events:read',
    'events:write',
    'deliveries:read',
    'deliveries:write',
  ]);
});

const pathOf = (id: OperationId): string =>
  ROUTES[id].path.replace(/([a-z-]+)\/:\w+/g, (_match, resource: string) => {
    const value = params[resource];
    if (value === undefined) throw new Error(`${id} needs an id of ${resource}: add one to this test`);
    return `${resource}/${value}`;
  }) + (query[id] ?? '');

async function textOf(id: OperationId, key: string): Promise<string> {
  const { path } = ROUTES[id];
  const response = await fetch(api.url + pathOf(id), { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  if (response.status === 403) return '';
  if (response.status !== 200) throw new Error(`GET ${path} → ${response.status} ${text}`);
  return text;
}

it('knows every operation', () => {
  const changing = OPERATION_IDS.filter((id) => (ROUTES[id] satisfies RouteDefinition).method !== 'get');
  expect(changing.filter((id) => !CHANGES.has(id))).toEqual([]);
});

it.each(READS)('%s returns the value with payloads:read only if that is expected', async (id) => {
  // `all` routes are read by keys for all tenants.
  const key = (ROUTES[id] satisfies RouteDefinition).tenancy === 'all' ? api.adminKey : keys.full;
  expect((await textOf(id, key)).includes(CARD)).toBe(WITH_PAYLOADS.has(id));
});

it.each(READS.filter((id) => id !== 'getFeed'))('%s returns no value without payloads:read', async (id) => {
  expect(await textOf(id, keys.redacted)).not.toContain(CARD);
});

it('does not read a feed without payloads:read, unless the key is made for feeds', async () => {
  expect((await api.client(keys.withoutFeed).get(pathOf('getFeed'))).status).toBe(403);
  expect(await textOf('getFeed', keys.redacted)).toContain(CARD);
});

const client = () => api.client(keys.redacted);

describe('without payloads:read', () => {
  it('shows the other values of an event', async () => {
    const { body } = await client().get(pathOf('getEvent'));
    expect(body.data).toEqual({ card: { number: '•••', brand: 'visa' }, order: 'o-1' });
    expect(body.searchValues).toEqual([
      { key: '/card/number', value: '•••' },
      { key: '/order', value: 'o-1' },
    ]);
  });

  it('shows a request without the value and without signatures, even to a key that sees secrets', async () => {
    const { body } = await client().get(pathOf('getDeliveryRequest'));
    expect(JSON.parse(body.body).data).toEqual({ card: { number: '•••', brand: 'visa' }, order: 'o-1' });
    expect(body.headers['webhook-signature']).toBe('[redacted]');
    const full = await api.client(keys.full).get(pathOf('getDeliveryRequest'));
    expect(full.body.headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('finds the event by another value', async () => {
    const { body } = await client().get('/v1/search?q=o-1');
    expect(body.data).toEqual([
      expect.objectContaining({ id: params['events'], matchedBy: 'payload', searchKey: '/order' }),
    ]);
    expect((await client().get(`/v1/search?q=${CARD}`)).body).toMatchObject({ data: [], more: [] });
  });

  it('finds no event by a value that is redacted with an element or a list', async () => {
    const type = 'redacted.lists';
    const searchKeys = ['/items/0/price', '/ids', '/names', '/price'];
    await api.admin.post('/v1/event-types', {
      name: type,
      searchKeys,
      redact: ['/items/price', '/ids/0', '/names'],
    });
    const data = { items: [{ price: 'p-1' }], ids: ['i-1'], names: ['n-1'], price: 'p-2' };
    const { body: event } = await api.admin.post('/v1/events', { type, data });
    const foundBy = async (q: string, key: string) =>
      (await api.client(key).get(`/v1/search?q=${q}`)).body.data.map(({ id }: { id: string }) => id);
    for (const q of ['p-1', 'i-1', 'n-1', 'p-2']) expect(await foundBy(q, keys.full)).toEqual([event.id]);
    for (const q of ['p-1', 'i-1', 'n-1']) expect(await foundBy(q, keys.redacted)).toEqual([]);
    expect(await foundBy('p-2', keys.redacted)).toEqual([event.id]);
    expect((await client().get(`/v1/events/${event.id}`)).body.data).toEqual({
      items: [{ price: '•••' }],
      ids: ['•••'],
      names: '•••',
      price: 'p-2',
    });
  });

  it('explains no part of the data that a filter does not match', async () => {
    const filter = { properties: { card: { properties: { number: { const: 'other' } } } } };
    const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: [TYPE], filter });
    const { body: event } = await api.admin.post('/v1/events', {
      type: TYPE,
      data: { card: { number: CARD } },
    });
    const explanation = async (key: string) =>
      (await api.client(key).get(`/v1/events/${event.id}/explain`)).body.data.find(
        ({ webhookId }: { webhookId: string }) => webhookId === id,
      );
    expect(await explanation(keys.full)).toMatchObject({
      reason: 'filtered_out',
      violation: { path: 'data.card.number' },
    });
    const hidden = await explanation(keys.redacted);
    expect(hidden.reason).toBe('filtered_out');
    expect(hidden).not.toHaveProperty('violation');
  });

  it('does not remove the redaction', async () => {
    const { body } = await api.admin.post('/v1/api-keys', { name: 'c', scopes: ['events:write'] });
    const editor = api.client(body.key);
    const path = `/v1/event-types/${TYPE}`;
    expect((await editor.patch(path, { redact: [] })).status).toBe(403);
    expect((await editor.patch(path, { redact: null })).status).toBe(403);
    expect((await editor.delete(path)).status).toBe(403);
    expect((await editor.patch(path, { redact: ['/card/number', '/iban'] })).status).toBe(200);
    expect((await editor.patch(path, { group: 'cards' })).body.redact).toEqual(['/card/number', '/iban']);
  });

  it('shows earlier events according to the present redactions', async () => {
    const { body: event } = await api.admin.post('/v1/events', {
      type: 'later.redacted',
      data: { a: 1, b: [2] },
    });
    const path = `/v1/events/${event.id}`;
    expect((await client().get(path)).body.data).toEqual({ a: 1, b: [2] });
    await api.admin.post('/v1/event-types', { name: 'later.redacted', redact: ['/b'] });
    expect((await client().get(path)).body.data).toEqual({ a: 1, b: '•••' });
  });
});

/** Stores a rejected event, and returns its payload as it is shown. */
const shown = async (payload: string): Promise<string> => (await shownEvent({ payload })).payload;

/** The same, for the whole event and its title in a search. */
const shownEvent = async ({ payload = '', code = 'a', message = 'b' }) => {
  const id = newId();
  const tenantId = decodeId('tenant', (await api.admin.get('/v1/tenants/default')).body.id);
  await api.deps.pool.query(
    "INSERT INTO rejected_event (id, tenant_id, source, code, message, payload) VALUES ($1, $2, 'queue', $4, $5, $3)",
    [id, tenantId, payload, code, message],
  );
  const rejectedId = encodeId('rejectedEvent', id);
  const { body } = await api.client(keys.redacted).get(`/v1/rejected-events/${rejectedId}`);
  const { body: found } = await api.client(keys.redacted).get(`/v1/search?q=${rejectedId}`);
  return { ...body, title: found.data[0].title };
};

const MESSAGE = `data.card: must NOT have the property ${CARD}`;

describe('a rejected event, without payloads:read', () => {
  const ofType = (payload: unknown, type: unknown = TYPE) => JSON.stringify({ type, payload });

  it.each([
    [
      'data as text',
      ofType({ data: `{"card":{"number":"${CARD}"}}` }),
      ofType({ data: '{"card":{"number":"•••"}}' }),
    ],
    ['data that is not JSON', ofType({ data: CARD }), ofType({ data: '•••' })],
    [
      'a field that is unknown',
      ofType({ tenant: 'default', card: CARD }),
      ofType({ tenant: 'default', card: '•••' }),
    ],
    ['a list as payload', ofType([CARD]), ofType('•••')],
    ['a type that is invalid', ofType({ data: { card: { number: CARD } } }, `${TYPE} `), '•••'],
    ['a type that is no text', ofType({ data: { card: { number: CARD } } }, [TYPE]), '•••'],
    ['a text that is cut off', ofType({ data: { card: { number: CARD } } }).slice(0, -2), '•••'],
    ['deep data', ofType({ data: `{"card":${'['.repeat(20_000)}"${CARD}"${']'.repeat(20_000)}}` }), null],
  ])('hides values of %s', async (_name, payload, expected) => {
    const text = await shown(payload);
    expect(text).not.toContain(CARD);
    if (expected !== null) expect(text).toBe(expected);
  });

  it.each([
    ['schema_violation', TYPE, '•••'],
    ['invalid_input', TYPE, '•••'],
    ['unknown_tenant', TYPE, MESSAGE],
    ['schema_violation', 'other.type', MESSAGE],
  ])('hides a message that may name a value: %s of %s', async (code, type, message) => {
    expect(await shownEvent({ payload: ofType({ data: {} }, type), code, message: MESSAGE })).toMatchObject({
      message,
      title: code,
    });
  });

  it('shows an event of a type without redactions', async () => {
    const payload = ofType({ data: { card: { number: CARD } } }, 'other.type');
    expect(await shown(payload)).toBe(payload);
  });
});

it('the ordering key from a place that is redacted later is hidden without payloads:read', async () => {
  const type = 'once.ordered';
  await api.admin.post('/v1/event-types', { name: type, orderingPointer: '/card/number' });
  const { id } = await createActiveWebhook(api.admin, receiver, { eventTypes: [type], ordering: 'byKey' });
  await api.admin.post('/v1/events', { type, data: { card: { number: CARD } } });
  const keysSeenBy = async (key: string) => {
    const viewer = api.client(key);
    const { body: list } = await viewer.get(`/v1/deliveries?webhookId=${id}`);
    const [{ id: deliveryId, orderingKey }] = list.data;
    const { body: delivery } = await viewer.get(`/v1/deliveries/${deliveryId}`);
    return [orderingKey, delivery.orderingKey];
  };
  expect(await keysSeenBy(keys.redacted)).toEqual([CARD, CARD]);
  const path = `/v1/event-types/${type}`;
  expect((await api.admin.patch(path, { orderingPointer: null })).status).toBe(200);
  expect((await api.admin.patch(path, { redact: ['/card'] })).status).toBe(200);
  expect(await keysSeenBy(keys.redacted)).toEqual(['•••', '•••']);
  expect(await keysSeenBy(keys.full)).toEqual([CARD, CARD]);
  await api.deps.pool.query('UPDATE pending_delivery SET attempt_count = 1 WHERE webhook_id = $1', [
    decodeId('webhook', id),
  ]);
  const { body: blocked } = await api.client(keys.redacted).get(`/v1/webhooks/${id}/blocked-keys`);
  expect(blocked.data).toMatchObject([{ orderingKey: '•••' }]);
});

describe('the setting redact', () => {
  it('must not cover the ordering pointer', async () => {
    const invalid = { name: 'ordered.type', orderingPointer: '/card/number', redact: ['/card'] };
    const { status, body } = await api.admin.post('/v1/event-types', invalid);
    expect(status).toBe(422);
    expect(body.errors).toEqual([expect.objectContaining({ path: 'redact', code: 'redacted_ordering_key' })]);
    await api.admin.post('/v1/event-types', { name: 'ordered.type', orderingPointer: '/card/number' });
    expect((await api.admin.patch('/v1/event-types/ordered.type', { redact: ['/card'] })).status).toBe(422);
    expect((await api.admin.get('/v1/event-types/ordered.type')).body.redact).toEqual([]);
  });

  it.each([[['card']], [['/a', '/a']], [Array.from({ length: 11 }, (_, index) => `/${index}`)], ['/a']])(
    'rejects %j',
    async (redact) => {
      expect((await api.admin.post('/v1/event-types', { name: 'bad.type', redact })).status).toBe(422);
    },
  );
});

describe('a portal link', () => {
  it.each([true, false])('with payloads: %s', async (payloads) => {
    const { body } = await api.admin.post('/v1/portal-links', {
      tenantId: 'default',
      features: { payloads },
    });
    const token = new URL(body.url).hash.replace('#token=', '');
    const link = api.client(token);
    const { data } = (await link.get(pathOf('getEvent'))).body;
    expect(data.card.number).toBe(payloads ? CARD : '•••');
    expect((await link.get(pathOf('getFeed'))).status).toBe(payloads ? 200 : 403);
    const createKey = { webhookId: params['webhooks'] };
    expect((await link.post('/v1/api-keys', createKey)).status).toBe(payloads ? 201 : 403);
  });
});
