// What a URL gets, and what a caller sees of its response, before its owner has agreed to anything.
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiClient, type ApiResponse, createActiveWebhook, type Receiver } from '@posthorn/testkit';
import { createWebhook, latestCode } from './create-webhook.js';
import { signIn } from './sign-in.js';
import { useApi } from './use-api.js';

const HEADERS = { Authorization: 'Bearer chosen', Cookie: 'session=chosen', 'X-Api-Key': 'chosen' };

const api = useApi();
let tenant: { id: string; client: ApiClient; admin: ApiClient };
let portal: ApiClient;
beforeAll(async () => {
  const { id, key } = (await api.admin.post('/v1/tenants', { name: 'customer' })).body;
  const admin = await api.admin.post('/v1/api-keys', { tenantId: id, scopes: ['admin'] });
  tenant = { id, client: api.client(key), admin: api.client(admin.body.key) };
  const link = await api.admin.post('/v1/portal-links', { tenantId: id });
  portal = api.client(/#token=(php_[\w-]+)/.exec(link.body.url)?.[1]);
});

let receiver: Receiver;
beforeEach(async () => {
  receiver = await api.receiver();
});

const validate = (client: ApiClient, id: string): Promise<ApiResponse> =>
  client.post(`/v1/webhooks/${id}/validation`);
const update = (client: ApiClient, id: string, body: unknown): Promise<ApiResponse> =>
  client.patch(`/v1/webhooks/${id}`, body);
const confirm = (client: ApiClient, id: string, code: string): Promise<ApiResponse> =>
  client.post(`/v1/webhooks/${id}/validation/confirm`, { code });

/** Validates and returns which of the chosen headers the receiver got. */
async function sentHeaders(client: ApiClient, id: string, at = receiver): Promise<string[]> {
  await validate(client, id);
  const { headers = {} } = at.requests.at(-1) ?? {};
  return Object.entries(HEADERS).flatMap(([name, value]) =>
    headers[name.toLowerCase()] === value ? [name] : [],
  );
}

const ALL = Object.keys(HEADERS);

describe('the response of a URL that is not validated', () => {
  it.each([
    ["a tenant's key", () => tenant.client],
    ['a portal link', () => portal],
  ])('is shown to %s only with its status', async (_, client) => {
    receiver.handle(() => ({ status: 403, body: 'internal page' }));
    const { id } = await createWebhook(client(), receiver);
    const { status, body } = await validate(client(), id);
    expect([status, body.code, body.responseStatus]).toEqual([422, 'validation_delivery_failed', 403]);
    expect(JSON.stringify(body)).not.toContain('internal page');
  });

  it('is shown to admin keys and their sessions with its body', async () => {
    receiver.handle(() => ({ status: 403, body: 'internal page' }));
    const { id } = await createWebhook(tenant.client, receiver);
    for (const client of [api.admin, tenant.admin, await signIn(api, api.adminKey)])
      expect((await validate(client, id)).body.responseBody).toBe('internal page');
  });

  it('is shown only with its status when a validated webhook moves to another origin', async () => {
    const { id } = await createActiveWebhook(tenant.client, receiver);
    const foreign = await api.receiver();
    foreign.handle(() => ({ status: 500, body: 'internal page' }));
    await update(tenant.client, id, { url: foreign.url });
    expect(JSON.stringify(await validate(tenant.client, id))).not.toContain('internal page');
  });

  it('is shown with its body when a validated webhook moves within its origin', async () => {
    const { id } = await createActiveWebhook(tenant.client, receiver);
    receiver.handle(() => ({ status: 500, body: 'own page' }));
    await update(tenant.client, id, { url: `${receiver.url}next` });
    expect((await validate(tenant.client, id)).body.responseBody).toBe('own page');
  });

  it('is replaced by the class of the error when there is none', async () => {
    receiver.handle(() => 'reset');
    const { id } = await createWebhook(tenant.client, receiver);
    const code = 'connection_reset';
    expect((await validate(tenant.client, id)).body).toMatchObject({
      detail: 'The connection was closed before a response',
      error: { code, message: 'The connection was closed before a response' },
    });
    expect((await validate(api.admin, id)).body.error).toEqual({
      code,
      message: 'The receiver closed the connection before it responded',
    });
  });
});

describe('custom headers', () => {
  it("of a tenant's key or portal link are sent only after the validation", async () => {
    for (const client of [tenant.client, portal]) {
      const { id } = await createWebhook(client, receiver, { headers: HEADERS });
      expect((await client.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(false);
      expect(await sentHeaders(client, id)).toEqual([]);
      const confirmed = await confirm(client, id, latestCode(receiver, id));
      expect(confirmed.body).toMatchObject({ status: 'active', headersApproved: true });
      await client.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
      expect(receiver.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer chosen' });
    }
  });

  it('are named as missing when the receiver rejects the request without them', async () => {
    receiver.handle(() => ({ status: 401 }));
    const { id } = await createWebhook(tenant.client, receiver, { headers: HEADERS });
    const { detail } = (await validate(tenant.client, id)).body;
    expect(detail).toContain('unless an admin key has set or approved them');
  });

  it('of an admin key are sent with the validation request, which any key may request', async () => {
    const { id } = await createWebhook(api.admin, receiver, { headers: HEADERS, tenantId: tenant.id });
    expect((await tenant.client.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(true);
    expect(await sentHeaders(tenant.client, id)).toEqual(ALL);
    await update(api.admin, id, { url: `${receiver.url}moved` });
    expect(await sentHeaders(tenant.client, id)).toEqual(ALL);
  });

  it('are sent with the validation request once an admin key has set or approved them', async () => {
    for (const change of [{ headers: HEADERS }, { headersApproved: true }]) {
      const { id } = await createWebhook(tenant.client, receiver, { headers: HEADERS });
      expect((await update(api.admin, id, change)).body.headersApproved).toBe(true);
      expect(await sentHeaders(tenant.client, id)).toEqual(ALL);
      expect((await update(api.admin, id, { headersApproved: false })).body.headersApproved).toBe(false);
      expect(await sentHeaders(tenant.client, id)).toEqual([]);
    }
  });

  it('cannot be approved by other keys', async () => {
    const { id } = await createWebhook(tenant.client, receiver, { headers: HEADERS });
    for (const client of [tenant.client, portal])
      expect(await update(client, id, { headersApproved: true })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    expect(await sentHeaders(tenant.client, id)).toEqual([]);
  });

  it('lose their approval when a tenant changes them', async () => {
    const { id } = await createWebhook(api.admin, receiver, { headers: HEADERS, tenantId: tenant.id });
    await update(tenant.client, id, { headers: HEADERS });
    expect(await sentHeaders(tenant.client, id)).toEqual([]);
  });

  it('are approved for one origin: they do not follow a URL that a tenant changes', async () => {
    const foreign = await api.receiver();
    const { id } = await createWebhook(api.admin, receiver, { headers: HEADERS, tenantId: tenant.id });
    await update(tenant.client, id, { url: foreign.url });
    expect(await sentHeaders(tenant.client, id, foreign)).toEqual([]);
    await update(api.admin, id, { description: 'not about the headers' });
    expect(await sentHeaders(tenant.client, id, foreign)).toEqual([]);
    await update(tenant.client, id, { url: receiver.url });
    expect(await sentHeaders(tenant.client, id)).toEqual(ALL);
  });

  it('are sent to a staged URL of another origin only with an explicit approval', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { headers: HEADERS });
    const next = await api.receiver();
    await update(api.admin, id, { url: next.url });
    expect(await sentHeaders(api.admin, id, next)).toEqual([]);
    await update(api.admin, id, { headers: HEADERS });
    expect(await sentHeaders(api.admin, id, next)).toEqual([]);
    await update(api.admin, id, { headersApproved: true });
    expect(await sentHeaders(api.admin, id, next)).toEqual(ALL);
  });

  it('are named in the audit entry of each change that approves them or ends their approval', async () => {
    const { id } = await createWebhook(api.admin, receiver, { tenantId: tenant.id });
    const newest = async () =>
      (await api.admin.get(`/v1/audit-entries?target=${id}&tenantId=*&limit=1`)).body.data[0];
    const approvals = async () => {
      const { before, after } = await newest();
      return [before?.headersApproved, after.headersApproved];
    };
    await update(api.admin, id, { headers: HEADERS });
    expect(await approvals()).toEqual([false, true]);
    await update(api.admin, id, { description: 'Orders' });
    expect(await approvals()).toEqual([undefined, undefined]);
    await update(tenant.client, id, { headers: HEADERS });
    expect(await approvals()).toEqual([true, false]);
    await validate(tenant.client, id);
    await confirm(tenant.client, id, latestCode(receiver, id));
    expect(await newest()).toMatchObject({ action: 'webhook.validated', after: { headersApproved: true } });
    await update(api.admin, id, { headers: null });
    expect(await approvals()).toEqual([true, false]);
    await update(api.admin, id, { headers: HEADERS });
    expect(await approvals()).toEqual([false, true]);
  });

  it('are recorded in the audit log with the origin that they are approved for', async () => {
    const { id } = await createWebhook(tenant.client, receiver, { headers: HEADERS });
    await update(api.admin, id, { headersApproved: true });
    const { data } = (await api.admin.get(`/v1/audit-entries?target=${id}&action=webhook.updated`)).body;
    const origin = new URL(receiver.url).origin;
    expect(data[0]).toMatchObject({
      before: { headersApprovedOrigin: null },
      after: { headersApprovedOrigin: origin },
    });
  });
});
