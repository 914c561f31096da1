import { createHmac, createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook, type Receiver } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const FORMAT = {
  body: { template: '{"event":{type},"order":{data}}' },
  headers: { id: 'X-Event-Id', fixed: { 'X-Version': '2' } },
  signatures: ['standard-webhooks', 'github'],
};
const TEXT = 'a secret of my own';

async function newTenant(
  name: string,
  deliveryFormat: unknown,
): Promise<{ id: string; client: CheckedClient }> {
  const { body } = await api.admin.post('/v1/tenants', { name, deliveryFormat });
  return { id: body.id, client: api.client(body.key) };
}

/** The response to a change of the format of a webhook. */
const formats = (deliveryFormat: unknown, effectiveDeliveryFormat = deliveryFormat) => ({
  status: 200,
  body: { deliveryFormat, effectiveDeliveryFormat },
});

const hmac = (key: string, body = '') => createHmac('sha256', key).update(body).digest('hex');

const publicKeysOf = (id: string) => fetch(`${api.url}/.well-known/webhook-keys/${id}`);

const sendTest = (client: CheckedClient, id: string, data: unknown) =>
  client.post(`/v1/webhooks/${id}/test`, { eventType: 'order.paid', data });

describe('the delivery format of a webhook', () => {
  it('is null by default: the standard format', async () => {
    expect(await createWebhook(api.admin, receiver)).toMatchObject({
      deliveryFormat: null,
      effectiveDeliveryFormat: {},
    });
  });

  it('is set, changed, removed and replaced', async () => {
    const created = await createWebhook(api.admin, receiver, {
      externalId: 'formatted',
      deliveryFormat: FORMAT,
    });
    expect(created).toMatchObject({ deliveryFormat: FORMAT, effectiveDeliveryFormat: FORMAT });
    const path = `/v1/webhooks/${created.id}`;
    expect(await api.admin.patch(path, { description: 'x' })).toMatchObject(formats(FORMAT));
    expect(await api.admin.patch(path, { deliveryFormat: { body: 'data' } })).toMatchObject(
      formats({ body: 'data' }),
    );
    expect(await api.admin.get(path)).toMatchObject(formats({ body: 'data' }));
    expect(await api.admin.patch(path, { deliveryFormat: null })).toMatchObject(formats(null, {}));
    const settings = { url: receiver.url, eventTypes: ['*'] };
    const put = (deliveryFormat?: unknown) =>
      api.admin.put('/v1/webhooks/ext:formatted', { ...settings, deliveryFormat });
    expect(await put(FORMAT)).toMatchObject(formats(FORMAT));
    expect(await put()).toMatchObject(formats(null, {}));
    const { body } = await api.admin.get(`/v1/audit-entries?target=${created.id}&action=webhook.updated`);
    expect(body.data).toMatchObject([
      { before: { deliveryFormat: FORMAT }, after: { deliveryFormat: null } },
      { after: { deliveryFormat: FORMAT } },
      { after: { deliveryFormat: null } },
      { before: { deliveryFormat: FORMAT }, after: { deliveryFormat: { body: 'data' } } },
      {},
    ]);
  });

  it('is stored once for equal formats of a tenant', async () => {
    const { client } = await newTenant('sharing', { body: 'cloudevents' });
    await createWebhook(client, receiver, { deliveryFormat: { body: 'cloudevents' } });
    await createWebhook(client, receiver, { deliveryFormat: { body: 'cloudevents' } });
    const { rows } = await api.deps.pool.query(
      `SELECT count(*)::int FROM delivery_format f JOIN tenant t ON t.id = f.tenant_id WHERE t.name = 'sharing'`,
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  it.each<[string, unknown, string]>([
    ['an unknown body', { body: 'xml' }, 'body'],
    ['an unknown part', { bodies: 'data' }, ''],
    ['a wrong template', { body: { template: '{"a":{b}}' } }, 'body.template'],
    ['a template that is too long', { body: { template: `"${'x'.repeat(16_383)}"` } }, 'body.template'],
    ['a template with too many bytes', { body: { template: `"${'é'.repeat(8192)}"` } }, 'body.template'],
    ['a header injection', { headers: { id: 'x\r\nx-other' } }, 'headers.id'],
    ['a value with a line break', { headers: { fixed: { 'x-a': '1\r\nx: 2' } } }, 'headers.fixed.x-a'],
    ['a reserved header', { headers: { type: 'Content-Length' } }, 'headers.type'],
    ['credentials', { headers: { fixed: { Authorization: 'Bearer x' } } }, 'headers.fixed.Authorization'],
    ['the header of a signature twice', { signatures: ['github', 'github'] }, 'signatures[1]'],
    ['no signature', { signatures: [] }, 'signatures'],
    ['too many signatures', { signatures: Array.from({ length: 9 }, () => 'svix') }, 'signatures'],
    ['an unknown profile', { signatures: ['paypal'] }, 'signatures[0]'],
    ['a custom signature in a reserved header', custom({ header: 'Host' }), 'signatures[0].custom.header'],
    ['a line break in a signature', custom({ value: '{signature}\n' }), 'signatures[0].custom.value'],
    ['a custom signature of nothing', custom({ content: 'x' }), 'signatures[0].custom.content'],
    ['an unknown placeholder', { headers: { fixed: { 'x-a': '{typ}' } } }, 'headers.fixed.x-a'],
    ['a prefix of reserved headers', { headers: { metadataPrefix: 'X-' } }, 'headers.metadataPrefix'],
    ['a reserved prefix', { headers: { metadataPrefix: 'x-forwarded-' } }, 'headers.metadataPrefix'],
    [
      'a prefix of a profile that reserved headers have',
      { signatures: [{ profile: 'outpost', headerPrefix: 'proxy-' }] },
      'signatures',
    ],
    [
      'another time than the one that is signed',
      {
        headers: { timestamp: 'X-Time', timestampFormat: 'unix-ms' },
        ...custom({ content: '{timestamp}{body}' }),
      },
      'signatures[0].custom.timestampFormat',
    ],
    [
      'parameters without a form',
      custom({ content: '{url}{formParameters}' }),
      'signatures[0].custom.content',
    ],
    ['too many fixed headers', { headers: { fixed: headersOf(17) } }, 'headers.fixed'],
  ])('cannot have %s', async (_case, deliveryFormat, path) => {
    const body = { url: receiver.url, eventTypes: ['*'], deliveryFormat };
    const { status, body: problem } = await api.admin.post('/v1/webhooks', body);
    expect(status).toBe(422);
    expect(problem.errors[0].path).toMatch(path === '' ? 'deliveryFormat' : `deliveryFormat.${path}`);
  });
});

it.each<[string, unknown, string, string]>([
  [
    'body',
    { body: 'dta' },
    'deliveryFormat.body',
    'must be one of envelope, data, cloudevents, cloudevents-binary, form, slack, teams, discord, {"template": "…"}',
  ],
  [
    'signature',
    { signatures: ['github', 'strpe'] },
    'deliveryFormat.signatures[1]',
    'must be one of standard-webhooks, svix, stripe, github, shopify, slack, convoy, convoy-advanced, outpost, {"profile": "…"}, {"custom": {…}}',
  ],
  [
    'profile',
    { signatures: [{ profile: 'strpe' }] },
    'deliveryFormat.signatures[0].profile',
    expect.stringContaining('stripe') as unknown as string,
  ],
])('a typo in a %s names the allowed values', async (_part, deliveryFormat, path, message) => {
  const { body } = await api.admin.post('/v1/webhooks', {
    url: receiver.url,
    eventTypes: ['*'],
    deliveryFormat,
  });
  expect(body.errors).toMatchObject([{ path, message }]);
});

describe('a secret that is text and begins with whsec_', () => {
  const own = { secret: 'whsec_not-base64-at-all!', secretEncoding: 'text' };
  const refused = { status: 422, body: { code: 'invalid_input', errors: [{ path: 'secret' }] } };

  it('is refused by a format that decodes it', async () => {
    const create = (deliveryFormat?: unknown) =>
      api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], deliveryFormat, ...own });
    expect(await create()).toMatchObject(refused);
    expect(await create({ signatures: ['stripe', 'svix'] })).toMatchObject(refused);
    expect(await create(custom({ key: 'decoded' }))).toMatchObject(refused);
    const { status, body } = await create({ signatures: ['stripe'] });
    expect([status, body.secret]).toEqual([201, own.secret]);
    const change = await api.admin.patch(`/v1/webhooks/${body.id}`, {
      deliveryFormat: { signatures: ['svix'] },
    });
    expect(change).toMatchObject({ status: 422, body: { errors: [{ path: 'deliveryFormat' }] } });
    const { id } = await createWebhook(api.admin, receiver);
    expect(await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, own)).toMatchObject(refused);
  });
});

function custom(changes: object): Record<string, unknown> {
  const signature = {
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    content: '{body}',
    header: 'x-signature',
    value: '{signature}',
  };
  return { signatures: [{ custom: { ...signature, ...changes } }] };
}

function headersOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
}

describe('a format with only Ed25519 signatures', () => {
  const ED25519 = { signatures: [{ profile: 'svix', algorithm: 'ed25519' }] };

  it('needs a key, as long as it is set', async () => {
    const created = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['*'],
      deliveryFormat: ED25519,
    });
    expect(created).toMatchObject({ status: 409, body: { code: 'invalid_state' } });

    const { id } = await createWebhook(api.admin, receiver);
    const path = `/v1/webhooks/${id}`;
    const set = () => api.admin.patch(path, { deliveryFormat: ED25519 });
    expect(await set()).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    const { body: key } = await api.admin.post(`${path}/signing-keys`);
    expect(await set()).toMatchObject({ status: 200 });
    const end = () => api.admin.delete(`${path}/signing-keys/${key.id}`);
    expect(await end()).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    await api.admin.patch(path, { deliveryFormat: null });
    expect(await end()).toMatchObject({ status: 204 });
  });

  it('is set in the call that creates a webhook, which then has no secret', async () => {
    const target = await api.receiver();
    const seed = 'nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=';
    const created = await api.admin.post('/v1/webhooks', {
      url: target.url,
      eventTypes: ['*'],
      deliveryFormat: { signatures: [{ profile: 'standard-webhooks', algorithm: 'ed25519' }] },
      signingKey: { privateKey: Buffer.from(seed, 'base64').toString('hex') },
    });
    expect(created).toMatchObject({ status: 201, body: { secret: null } });
    const path = `/v1/webhooks/${created.body.id}`;
    await api.admin.post(`${path}/validation`);
    await api.admin.post(`${path}/validation/confirm`, { code: target.requests[0]?.json().data.code });
    await sendTest(api.admin, created.body.id, {});
    const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(target.requests).toHaveLength(2);
    for (const { headers, body } of target.requests) {
      expect(headers['webhook-signature']).toMatch(/^v1a,\S+$/);
      const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
      const signature = Buffer.from(String(headers['webhook-signature']).slice('v1a,'.length), 'base64');
      expect(verify(null, content, publicKey, signature)).toBe(true);
    }
    expect((await api.admin.get(`${path}/secrets`)).body.data).toEqual([]);
    expect((await api.admin.get(`${path}/signing-keys`)).body.data).toHaveLength(1);
  });

  it('is the only kind for a webhook without a secret, until it gets one', async () => {
    const created = await createWebhook(api.admin, receiver, { deliveryFormat: ED25519, signingKey: {} });
    const path = `/v1/webhooks/${created.id}`;
    for (const deliveryFormat of [null, {}, { signatures: [...ED25519.signatures, 'github'] }])
      expect(await api.admin.patch(path, { deliveryFormat })).toMatchObject({
        status: 409,
        body: { code: 'invalid_state', detail: expect.stringContaining('secrets/rotate') },
      });
    expect((await api.admin.post(`${path}/secrets/rotate`)).body.secret).toMatch(/^whsec_/);
    expect((await api.admin.patch(path, { deliveryFormat: null })).status).toBe(200);
  });

  it('is not needed for a key: other webhooks have a secret, too', async () => {
    const created = await createWebhook(api.admin, receiver, { signingKey: {} });
    expect(created.secret).toMatch(/^whsec_/);
    expect((await api.admin.get(`/v1/webhooks/${created.id}/signing-keys`)).body.data).toHaveLength(1);
  });
});

describe('the delivery format of a tenant', () => {
  it('is the default of its webhooks', async () => {
    const { id, client } = await newTenant('with a default', { body: 'data', signatures: ['stripe'] });
    const inheriting = await createActiveWebhook(client, receiver);
    const own = await createWebhook(client, receiver, { deliveryFormat: {} });
    expect(own).toMatchObject({ deliveryFormat: {}, effectiveDeliveryFormat: {} });
    await sendTest(client, inheriting.id, { a: 1 });
    expect(receiver.requests.at(-1)).toMatchObject({
      body: '{"a":1}',
      headers: { 'stripe-signature': expect.any(String) },
    });

    const path = `/v1/tenants/${id}`;
    expect((await api.admin.get(path)).body.deliveryFormat).toEqual({ body: 'data', signatures: ['stripe'] });
    await api.admin.patch(path, { name: 'still with a default' });
    await api.admin.patch(path, { deliveryFormat: { body: 'cloudevents' } });
    const { body: list } = await client.get('/v1/webhooks');
    expect(list.data).toMatchObject([
      { effectiveDeliveryFormat: {} },
      { deliveryFormat: null, effectiveDeliveryFormat: { body: 'cloudevents' } },
    ]);
    expect((await api.admin.patch(path, { deliveryFormat: null })).body.deliveryFormat).toBeNull();
    await sendTest(client, inheriting.id, { a: 1 });
    expect(receiver.requests.at(-1)?.json()).toMatchObject({ type: 'order.paid', data: { a: 1 } });
  });

  it('is replaced by PUT', async () => {
    const path = '/v1/tenants/ext:formatted';
    const name = 'formatted';
    const created = await api.admin.put(path, { name, deliveryFormat: FORMAT });
    expect(created).toMatchObject({ status: 201, body: { deliveryFormat: FORMAT } });
    const replaced = await api.admin.put(path, { name, deliveryFormat: {} });
    expect(replaced).toMatchObject({ status: 200, body: { deliveryFormat: {} } });
    const reset = await api.admin.put(path, { name });
    expect(reset).toMatchObject({ status: 200, body: { deliveryFormat: null } });
  });
});

describe('a secret of a webhook with a format', () => {
  it('is returned as the library of the first signature takes it', async () => {
    const shown = async (signatures: string[], secret?: string) =>
      (await createWebhook(api.admin, receiver, { secret, deliveryFormat: { signatures } })).secret;
    const asWhsec = `whsec_${Buffer.from(TEXT).toString('base64')}`;
    expect(await shown(['github', 'svix'], TEXT)).toBe(TEXT);
    expect(await shown(['svix', 'github'], TEXT)).toBe(asWhsec);
    expect(await shown(['shopify'])).toMatch(/^whsec_/);
    const { id } = await createWebhook(api.admin, receiver, { deliveryFormat: { signatures: ['slack'] } });
    const { body } = await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { secret: TEXT });
    expect(body).toEqual({ secret: TEXT });
  });

  it('signs in every format, also after a change of the format', async () => {
    const target = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, target, { secret: TEXT, deliveryFormat: FORMAT });
    const { body } = await sendTest(api.admin, id, { id: 'o-17' });
    const sent = target.requests.at(-1);
    expect(sent?.body).toBe('{"event":"order.paid","order":{"id":"o-17"}}');
    expect(sent?.headers).toMatchObject({
      'x-event-id': body.eventId,
      'x-version': '2',
      'x-hub-signature-256': `sha256=${hmac(TEXT, sent?.body)}`,
    });
    target.verify(`whsec_${Buffer.from(TEXT).toString('base64')}`);
    expect(body.request).toMatchObject({ body: sent?.body, headers: { 'x-version': '2' } });

    await api.admin.patch(`/v1/webhooks/${id}`, { deliveryFormat: { signatures: ['convoy'] } });
    await sendTest(api.admin, id, {});
    const other = target.requests.at(-1);
    expect(other?.headers['x-convoy-signature']).toBe(hmac(TEXT, other?.body));
    expect(other?.headers).not.toHaveProperty('webhook-signature');
  });

  it('shows custom headers in the result of a test to a key that may change them', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, {
      headers: { 'X-Token': 'credential', 'Stripe-Signature': 'forged' },
      deliveryFormat: { signatures: ['stripe'] },
    });
    const { body } = await sendTest(api.admin, id, {});
    const sent = receiver.requests.at(-1);
    expect(sent?.headers).toMatchObject({ 'x-token': 'credential' });
    expect(sent?.headers['stripe-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    expect(body.request).toMatchObject({
      headers: { 'x-token': 'credential', 'stripe-signature': sent?.headers['stripe-signature'] },
      secretHeaders: ['x-token', 'stripe-signature'],
    });
  });
});

describe('the request that validates a URL', () => {
  const CUSTOM = {
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    content: '{body}',
    header: 'X-Chosen',
    value: 'chosen {signature}',
  };
  const HEADERS = { type: 'X-Chosen-Type', fixed: { 'X-Chosen-Fixed': '1' } };
  const PREFIXED = { profile: 'svix', headerPrefix: 'x-chosen-' };
  const CHOSEN = ['x-chosen', 'x-chosen-type', 'x-chosen-fixed', 'x-chosen-signature'];

  /** Validates, and returns the request and which of the chosen headers it had. */
  async function validated(client: CheckedClient, id: string, target: Receiver) {
    expect((await client.post(`/v1/webhooks/${id}/validation`)).status).toBe(200);
    const request = target.requests.at(-1);
    if (!request) throw new Error('no validation request received');
    return { request, chosen: CHOSEN.filter((name) => name in request.headers) };
  }

  it.each<[string, unknown]>([
    ['data', { body: 'data' }],
    ['a template', { body: { template: '{"code": "{data./code}", "to": "us"}' } }],
    ['CloudEvents', { body: 'cloudevents' }],
    ['binary CloudEvents', { body: 'cloudevents-binary' }],
  ])('has the standard body and signature with the format %s', async (_case, deliveryFormat) => {
    const target = await api.receiver();
    const { id, secret } = await createWebhook(api.admin, target, { deliveryFormat });
    const { request } = await validated(api.admin, id, target);
    target.verify(secret);
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.headers).not.toHaveProperty('ce-id');
    expect(request.json()).toEqual({
      id: request.headers['webhook-id'],
      type: 'webhook.validation',
      timestamp: expect.any(String),
      data: { code: expect.any(String), webhookId: id },
    });
    const { code } = request.json().data;
    expect(await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code })).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
  });

  it.each(['slack', 'teams', 'discord'])('has a message with the code for %s', async (product) => {
    const target = await api.receiver();
    const { id } = await createWebhook(api.admin, target, { deliveryFormat: { body: product } });
    const { request } = await validated(api.admin, id, target);
    const { type, data, ...message } = request.json();
    expect([type, data.webhookId]).toEqual(['webhook.validation', id]);
    expect(JSON.stringify(message)).toContain(data.code);
  });

  it('has the signatures of profiles, so that unchanged receivers verify it', async () => {
    const target = await api.receiver();
    const { client } = await newTenant('migrating', null);
    const deliveryFormat = { body: 'data', signatures: ['github', 'svix'] };
    const { id } = await createWebhook(client, target, { secret: TEXT, deliveryFormat });
    const { request } = await validated(client, id, target);
    expect(request.headers).toMatchObject({
      'x-hub-signature-256': `sha256=${hmac(TEXT, request.body)}`,
      'svix-id': request.headers['webhook-id'],
      'svix-signature': request.headers['webhook-signature'],
    });
  });

  it('has no headers that a tenant chooses in its format, until it is validated', async () => {
    const target = await api.receiver();
    const { client } = await newTenant('unapproved', null);
    const signatures = [{ custom: CUSTOM }, PREFIXED];
    const deliveryFormat = { headers: HEADERS, signatures };
    const { id, secret } = await createWebhook(client, target, { deliveryFormat });
    const { request, chosen } = await validated(client, id, target);
    expect(chosen).toEqual([]);
    target.verify(secret);
    const code = request.json().data.code;
    await client.post(`/v1/webhooks/${id}/validation/confirm`, { code });
    await sendTest(client, id, {});
    expect(Object.keys(target.requests.at(-1)?.headers ?? {})).toEqual(expect.arrayContaining(CHOSEN));
  });

  it('has them once an admin key has approved them, until the tenant changes them', async () => {
    const target = await api.receiver();
    const { client } = await newTenant('approved', null);
    const deliveryFormat = { headers: HEADERS, signatures: [{ custom: CUSTOM }, PREFIXED] };
    const { id } = await createWebhook(client, target, { deliveryFormat });
    const path = `/v1/webhooks/${id}`;
    expect((await client.get(path)).body.headersApproved).toBe(false);
    await api.admin.patch(path, { headersApproved: true });
    expect((await client.get(path)).body.headersApproved).toBe(true);
    const approved = await validated(client, id, target);
    expect(approved.chosen).toEqual(CHOSEN);
    expect(approved.request.json()).toMatchObject({ type: 'webhook.validation' });
    await client.patch(path, { deliveryFormat: { ...deliveryFormat, body: 'data' } });
    expect((await validated(client, id, target)).chosen).toEqual([]);
  });

  it('has those that an admin key has set, for a new webhook or as the default of the tenant', async () => {
    const target = await api.receiver();
    const deliveryFormat = { headers: HEADERS, signatures: [{ custom: CUSTOM }, PREFIXED] };
    const { id: tenantId, client } = await newTenant('with chosen headers', deliveryFormat);
    const inheriting = await createWebhook(client, target);
    expect((await validated(client, inheriting.id, target)).chosen).toEqual(CHOSEN);
    const own = await createWebhook(api.admin, target, { tenantId, deliveryFormat });
    expect((await validated(client, own.id, target)).chosen).toEqual(CHOSEN);
  });

  it('does not get headers of a tenant because an admin key sets others', async () => {
    const target = await api.receiver();
    const { client } = await newTenant('mixed', null);
    const { id } = await createWebhook(client, target, { headers: { 'X-Chosen': '1' } });
    await api.admin.patch(`/v1/webhooks/${id}`, { deliveryFormat: { headers: HEADERS } });
    expect((await validated(client, id, target)).chosen).toEqual([]);
  });
});

describe('a preview', () => {
  it('is the request of an event, signed with keys for the preview', async () => {
    const deliveryFormat = { body: 'data', signatures: ['standard-webhooks', 'shopify'] };
    const data = { id: 'o-17' };
    const { status, body } = await api.admin.post('/v1/delivery-formats/preview', {
      deliveryFormat,
      eventType: 'order.paid',
      data,
    });
    expect(status).toBe(200);
    expect(body.body).toBe(JSON.stringify(data));
    const content = `${body.headers['webhook-id']}.${body.headers['webhook-timestamp']}.${body.body}`;
    const key = Buffer.from(body.secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(content).digest('base64');
    expect(body.headers['webhook-signature']).toContain(`v1,${signature} `);
    const shopify = createHmac('sha256', body.secret).update(body.body).digest('base64');
    expect(body.headers).toMatchObject({
      'x-shopify-hmac-sha256': shopify,
      'webhook-signature': expect.stringMatching(/^v1,\S+ v1a,\S+$/),
    });
    expect(body.publicKey).toMatch(/^whpk_/);
  });

  it('has the example of the event type', async () => {
    await api.admin.post('/v1/event-types', { name: 'with.example', example: { a: 1 } });
    const preview = { deliveryFormat: { body: 'data' }, eventType: 'with.example' };
    const { body } = await api.admin.post('/v1/delivery-formats/preview', preview);
    expect(body.body).toBe('{"a":1}');
  });

  it('requires webhooks:write', async () => {
    const preview = { deliveryFormat: {}, eventType: 'a' };
    const reader = await api.admin.post('/v1/api-keys', { name: 'r', scopes: ['webhooks:read'] });
    expect(await api.client(reader.body.key).post('/v1/delivery-formats/preview', preview)).toMatchObject({
      status: 403,
      body: { detail: 'Requires the scope webhooks:write' },
    });
  });

  it('is refused for a format that makes the body too long', async () => {
    const template = `[${Array.from({ length: 32 }, () => '{data}').join()}]`;
    const { status } = await api.admin.post('/v1/delivery-formats/preview', {
      deliveryFormat: { body: { template } },
      eventType: 'a',
      data: { a: 'x'.repeat(100_000) },
    });
    expect(status).toBe(422);
  });
});

describe('the Ed25519 keys of a webhook', () => {
  const SEED = 'nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=';
  const PUBLIC_KEY = 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

  it('are created, brought, listed, published and ended', async () => {
    const target = await api.receiver();
    const { id } = await createActiveWebhook(api.admin, target);
    const path = `/v1/webhooks/${id}/signing-keys`;
    expect((await publicKeysOf(id)).status).toBe(404);
    const first = await api.admin.post(path);
    expect(first).toMatchObject({
      status: 201,
      body: { publicKey: expect.stringMatching(/^whpk_/), endsAt: null },
    });
    const second = await api.admin.post(path, { privateKey: `whsk_${SEED}` });
    expect(second.body).toMatchObject({ publicKey: PUBLIC_KEY, endsAt: null });
    const again = await api.admin.post(path, { privateKey: `whsk_${SEED}` });
    const listed = await api.admin.get(path);
    expect(listed.body.data).toMatchObject([
      { id: again.body.id, publicKey: PUBLIC_KEY, endsAt: null },
      { id: first.body.id, endsAt: expect.any(String) },
    ]);
    const published = await publicKeysOf(id);
    expect(published.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await published.json()).toEqual({ keys: listed.body.data });
    await sendTest(api.admin, id, {});
    expect(target.requests.at(-1)?.headers['webhook-signature']).toMatch(/^v1,\S+ v1a,\S+ v1a,\S+$/);
    expect((await api.admin.get(`/v1/webhooks/${id}/secrets`)).body.data).toHaveLength(1);

    expect((await api.admin.delete(`${path}/${again.body.id}`)).status).toBe(204);
    expect((await api.admin.get(path)).body.data).toMatchObject([{ id: first.body.id, endsAt: null }]);
    expect((await api.admin.delete(`${path}/${again.body.id}`)).status).toBe(404);
    expect((await api.admin.delete(`${path}/${first.body.id}`)).status).toBe(204);
    await sendTest(api.admin, id, {});
    expect(target.requests.at(-1)?.headers['webhook-signature']).toMatch(/^v1,\S+$/);
    const { body: audit } = await api.admin.get(`/v1/audit-entries?target=${id}`);
    expect(audit.data[1]).toMatchObject({ action: 'webhook.signing_key_ended' });
    expect(JSON.stringify(audit)).not.toContain(SEED);
  });

  it('stay when the secret is rotated, and the secret when a key is', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/signing-keys`);
    await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, { overlapHours: 0 });
    await api.admin.post(`/v1/webhooks/${id}/signing-keys`, { overlapHours: 0 });
    expect((await api.admin.get(`/v1/webhooks/${id}/signing-keys`)).body.data).toHaveLength(1);
    const { body } = await api.admin.get(`/v1/webhooks/${id}/secrets`);
    expect(body.data).toHaveLength(1);
    const secretId: string = body.data[0].id;
    expect((await api.admin.delete(`/v1/webhooks/${id}/secrets/${secretId}`)).status).toBe(409);
  });

  it('are refused if they are wrong', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const bring = (privateKey: string) => api.admin.post(`/v1/webhooks/${id}/signing-keys`, { privateKey });
    const twice = Buffer.alloc(64, 1).toString('base64');
    for (const key of [
      '-----BEGIN PRIVATE KEY-----',
      `whsec_${SEED}`,
      'whsk_',
      `whsk_${SEED}x`,
      `whsk_${twice}`,
    ])
      expect(await bring(key)).toMatchObject({ status: 422, body: { errors: [{ path: 'privateKey' }] } });
  });

  it('are not published for unknown ids', async () => {
    for (const id of ['wh_00000000000000000000000000', 'x', 'ext:x', '%00'])
      expect((await publicKeysOf(id)).status).toBe(404);
  });

  it('are not read by other tenants', async () => {
    const { client } = await newTenant('curious', null);
    const { id } = await createWebhook(api.admin, receiver);
    expect((await client.get(`/v1/webhooks/${id}/signing-keys`)).status).toBe(404);
    expect((await client.post(`/v1/webhooks/${id}/signing-keys`)).status).toBe(404);
  });
});
