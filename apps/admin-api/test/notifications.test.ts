import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, type MailToken, newId, signMailToken } from '@posthorn/core';
import { claimMail, settleOperationalEvents } from '@posthorn/database/notifications';
import { connectSmtp } from '@posthorn/email';
import { createActiveWebhook, type MailServer, type Receiver, startMailServer } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { startApi, type TestApi } from './start-api.js';

const KEY = Buffer.alloc(32, 7);
const OPERATOR = 'ops@hooks.example';

let api: TestApi;
let mailServer: MailServer;
let receiver: Receiver;
let tenantId: string;
let tenant: CheckedClient;
let portal: CheckedClient;
beforeAll(async () => {
  mailServer = await startMailServer();
  const smtp = connectSmtp({ url: mailServer.url, from: 'alerts@hooks.example' });
  api = await startApi({
    email: { smtp, from: 'alerts@hooks.example', operatorEmails: [OPERATOR], key: KEY },
  });
  receiver = await api.receiver();
  const { body } = await api.admin.post('/v1/tenants', {
    name: 'customer',
    contactEmail: 'Boss@Customer.example',
  });
  tenantId = body.id;
  tenant = api.client(body.key);
  const { body: link } = await api.admin.post('/v1/portal-links', { tenantId });
  portal = api.client(new URL(link.url).hash.replace('#token=', ''));
});
afterAll(async () => {
  await api.close();
  await mailServer.close();
});
afterEach(() =>
  api.deps.pool.query(
    'TRUNCATE notification_recipient, confirmation_limit, unsubscription, notice, mailbox, webhook_mute, operational_event',
  ),
);

const tenantUuid = () => decodeId('tenant', tenantId) ?? '';

interface Link extends Partial<MailToken> {
  key?: Buffer;
  at?: Date;
}

/** Returns the path of a link in an email. */
function linkOf({
  purpose = 'confirm',
  tenantId: of = tenantUuid(),
  address = 'it@customer.example',
  key = KEY,
  at = new Date(),
}: Link): string {
  return `/notifications/${purpose}?token=${signMailToken({ purpose, tenantId: of, address }, key, at)}`;
}

const open = (path: string, method = 'GET') => fetch(`${api.url}${path}`, { method });

const recipients = async () => (await tenant.get('/v1/notification-recipients')).body.data;

it('a session states that emails are sent', async () => {
  expect((await portal.get('/v1/session')).body.emailEnabled).toBe(true);
});

describe('a recipient', () => {
  it('is added in the portal, gets only a message to confirm it, and is removed', async () => {
    const address = 'It@Customer.example';
    const added = await portal.post('/v1/notification-recipients', { address });
    expect(added).toMatchObject({
      status: 201,
      body: { address: 'it@customer.example', status: 'unconfirmed' },
    });
    const { rows } = await api.deps.pool.query('SELECT address, type FROM notice');
    expect(rows).toEqual([{ address: 'it@customer.example', type: 'confirmation' }]);

    // Mail programs open links by themselves.
    expect(await (await open(linkOf({}))).text()).toContain('Confirm address');
    expect(await recipients()).toMatchObject([{ status: 'unconfirmed' }]);
    expect((await open(linkOf({}), 'POST')).status).toBe(200);
    expect(await recipients()).toMatchObject([{ status: 'confirmed' }]);

    expect((await portal.post('/v1/notification-recipients', { address })).body.code).toBe('conflict');
    expect((await portal.delete(`/v1/notification-recipients/${address}`)).status).toBe(204);
    expect(await recipients()).toEqual([]);
    expect((await open(linkOf({}), 'POST')).status).toBe(404);
    const { body } = await api.admin.get(`/v1/audit-entries?tenantId=${tenantId}&limit=3`);
    expect(
      body.data.map(({ action, target }: { action: string; target: string }) => [action, target]),
    ).toEqual([
      ['notification_recipient.removed', 'it@customer.example'],
      ['notification_recipient.confirmed', 'it@customer.example'],
      ['notification_recipient.added', 'it@customer.example'],
    ]);
  });

  it('unsubscribes itself, also by the button of a mail program', async () => {
    await tenant.post('/v1/notification-recipients', { address: 'it@customer.example' });
    await open(linkOf({}), 'POST');
    const link = linkOf({ purpose: 'unsubscribe' });
    expect(await (await open(link)).text()).toContain('<form method="post">');
    const oneClick = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
    expect((await fetch(`${api.url}${link}`, oneClick)).status).toBe(200);
    expect(await recipients()).toMatchObject([{ status: 'unsubscribed' }]);
  });

  it.each<[string, () => Link]>([
    ['forged', () => ({ purpose: 'unsubscribe', key: Buffer.alloc(32, 8) })],
    ['expired', () => ({ purpose: 'confirm', at: new Date(Date.now() - 3 * 86_400_000) })],
    ['of another tenant', () => ({ purpose: 'confirm', tenantId: '00000000-0000-7000-8000-000000000000' })],
  ])('is not changed by a link that is %s', async (_name, link) => {
    await tenant.post('/v1/notification-recipients', { address: 'it@customer.example' });
    for (const method of ['POST']) expect((await open(linkOf(link()), method)).status).toBe(404);
    expect(await recipients()).toMatchObject([{ status: 'unconfirmed' }]);
  });

  it.each(['', '?token=', '?token=a.b', `?token=${'x'.repeat(5000)}.y`, '?token=a&token=b'])(
    'is not changed by a link with %j',
    async (query) => {
      for (const method of ['GET', 'POST'])
        expect((await open(`/notifications/unsubscribe${query}`, method)).status).toBe(404);
    },
  );

  it('cannot confirm with the token that unsubscribes', async () => {
    await tenant.post('/v1/notification-recipients', { address: 'it@customer.example' });
    const path = linkOf({ purpose: 'unsubscribe' }).replace('unsubscribe', 'confirm');
    expect((await open(path, 'POST')).status).toBe(404);
  });

  it('is one of at most 10, and of 20 that are added per day', async () => {
    const add = (count: number) =>
      tenant.post('/v1/notification-recipients', { address: `a${count}@customer.example` });
    for (let count = 0; count < 10; count += 1) expect((await add(count)).status).toBe(201);
    expect(await add(10)).toMatchObject({ status: 403, body: { code: 'quota_exceeded' } });
    for (let count = 0; count < 10; count += 1) {
      await tenant.delete(`/v1/notification-recipients/a${count}@customer.example`);
      expect((await add(10 + count)).status).toBe(201);
    }
    await tenant.delete('/v1/notification-recipients/a19@customer.example');
    expect(await add(20)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('per day') },
    });
  });

  it('must be an address', async () => {
    for (const address of ['', 'a', 'a@b.example\r\nBcc: c@d.example', `${'a'.repeat(300)}@b.example`])
      expect((await tenant.post('/v1/notification-recipients', { address })).status).toBe(422);
  });
});

const newTenant = async () => api.client((await api.admin.post('/v1/tenants', { name: newId() })).body.key);

/** Lets the waiting emails be sent. */
const sendAll = () => api.deps.pool.query('TRUNCATE notice, mailbox');

const passHours = (hours: number) =>
  api.deps.pool.query(
    `UPDATE confirmation_limit SET requested_at = ARRAY(SELECT t - $1 * interval '1 hour' FROM unnest(requested_at) AS t ORDER BY t)`,
    [hours],
  );

const limited = (hours: number) => ({
  status: 429,
  body: {
    code: 'too_many_confirmations',
    retryAfter: expect.closeTo(hours * 3600, -3),
  },
});

describe('an address', () => {
  const address = 'third@party.example';
  const body = { address };

  /** Removes the address and adds it again. */
  async function addAgain(client = tenant) {
    await client.delete(`/v1/notification-recipients/${address}`);
    return client.post('/v1/notification-recipients', body);
  }

  it('is asked to confirm once a day and three times in 30 days, also after it was removed', async () => {
    expect((await tenant.post('/v1/notification-recipients', body)).status).toBe(201);
    // Nothing was sent yet, so this is the same request.
    expect((await tenant.post('/v1/notification-recipients', body)).status).toBe(201);
    await sendAll();
    expect(await tenant.post('/v1/notification-recipients', body)).toMatchObject(limited(24));
    expect(await addAgain()).toMatchObject(limited(24));
    expect(await recipients()).toEqual([]);
    for (const _ of [2, 3]) {
      await passHours(25);
      expect((await addAgain()).status).toBe(201);
      await sendAll();
    }
    await passHours(25);
    expect(await addAgain()).toMatchObject(limited(30 * 24 - 3 * 25));
    expect((await api.deps.pool.query('SELECT FROM notice')).rowCount).toBe(0);
    await passHours(30 * 24 - 3 * 25);
    expect((await addAgain()).status).toBe(201);
  });

  it('is asked for all tenants together, and for its variants with a tag', async () => {
    const other = await newTenant();
    expect((await tenant.post('/v1/notification-recipients', body)).status).toBe(201);
    const variants = [body, { address: 'Third+1@party.example' }];
    const results = await Promise.all(
      variants.map((variant) => other.post('/v1/notification-recipients', variant)),
    );
    for (const result of results) expect(result).toMatchObject(limited(24));
    expect(
      (await tenant.post('/v1/notification-recipients', { address: 'other@party.example' })).status,
    ).toBe(201);
  });

  it('that two tenants add at the same moment is asked once', async () => {
    const other = await newTenant();
    const clients = [tenant, other];
    const results = await Promise.all(
      clients.map((client) => client.post('/v1/notification-recipients', body)),
    );
    expect(results.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 429]);
  });

  it('that has unsubscribed is not asked again by the tenant, until it subscribes again itself', async () => {
    await tenant.post('/v1/notification-recipients', body);
    await sendAll();
    // However old the email is.
    const link = linkOf({ purpose: 'unsubscribe', address, at: new Date(Date.now() - 400 * 86_400_000) });
    expect(await (await open(link, 'POST')).text()).toContain('Subscribe again');
    for (const _ of [1, 2]) {
      await passHours(31 * 24);
      expect(await addAgain()).toMatchObject({ status: 409, body: { code: 'address_unsubscribed' } });
    }
    expect((await api.deps.pool.query('SELECT FROM notice')).rowCount).toBe(0);
    const other = await newTenant();
    expect((await other.post('/v1/notification-recipients', body)).status).toBe(201);

    await passHours(25);
    expect(await (await open(link)).text()).toContain('Subscribe again');
    expect((await open(link.replace('unsubscribe', 'subscribe'), 'POST')).status).toBe(200);
    expect((await addAgain()).status).toBe(201);
  });

  it('gets emails again after it has subscribed again, without another confirmation', async () => {
    await tenant.post('/v1/notification-recipients', body);
    await sendAll();
    const link = linkOf({ purpose: 'unsubscribe', address });
    await open(link, 'POST');
    expect(await recipients()).toMatchObject([{ status: 'unsubscribed' }]);
    expect(await (await open(link.replace('unsubscribe', 'subscribe'), 'POST')).text()).toContain(address);
    expect(await recipients()).toMatchObject([{ status: 'confirmed' }]);
    expect((await open(linkOf({ address }).replace('confirm', 'subscribe'), 'POST')).status).toBe(404);
  });

  it('is not stored in plain text by the limits', async () => {
    await tenant.post('/v1/notification-recipients', body);
    await open(linkOf({ purpose: 'unsubscribe', address }), 'POST');
    for (const table of ['confirmation_limit', 'unsubscription']) {
      const { rows } = await api.deps.pool.query(`SELECT r::text AS row FROM ${table} AS r`);
      expect(rows).toHaveLength(1);
      expect(rows[0].row).not.toMatch(/third|party/);
      expect(Buffer.from(rows[0].row).toString()).not.toContain(Buffer.from('third').toString('hex'));
    }
  });
});

/** Emits an operational event and settles it, as the publisher does. */
async function emit(webhookId: string, type: string): Promise<void> {
  const id = decodeId('webhook', webhookId);
  const { rows } = await api.deps.pool.query(
    `INSERT INTO operational_event (id, tenant_id, type, data)
     SELECT posthorn_uuidv7(), tenant_id, $2, $3 FROM webhook WHERE id = $1 RETURNING id`,
    [id, `posthorn.${type}`, { webhookId: id }],
  );
  await settleOperationalEvents(api.deps.pool, [rows[0].id], [OPERATOR]);
}

/** Returns the addresses that an operational event is sent to. */
async function notified(webhookId: string, type: string): Promise<string[]> {
  await emit(webhookId, type);
  const notices = await api.deps.pool.query('DELETE FROM notice RETURNING address');
  return notices.rows.map(({ address }): string => address).toSorted();
}

describe('the contact of a tenant', () => {
  it('gets notifications until it unsubscribes', async () => {
    const { id } = await createActiveWebhook(tenant, receiver);
    expect(await notified(id, 'webhook.failing')).toEqual(['Boss@Customer.example', OPERATOR]);
    await open(linkOf({ purpose: 'unsubscribe', address: 'Boss@Customer.example' }), 'POST');
    expect(await notified(id, 'webhook.failing')).toEqual([OPERATOR]);
  });
});

describe('a webhook', () => {
  it('is muted and unmuted by a tenant for itself', async () => {
    const { id } = await createActiveWebhook(tenant, receiver);
    const { status, body } = await tenant.post(`/v1/webhooks/${id}/notifications/mute`);
    expect(status).toBe(200);
    expect(body.notifications).toMatchObject({
      mutedAt: expect.any(String),
      mutedUntil: null,
      mutedBy: null,
    });
    expect(await notified(id, 'webhook.suspended')).toEqual([OPERATOR]);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.notifications.mutedAt).toBeNull();
    await tenant.post(`/v1/webhooks/${id}/notifications/unmute`);
    expect(await notified(id, 'webhook.suspended')).toEqual(['Boss@Customer.example', OPERATOR]);
  });

  it('is muted by the operator until a time, and says by whom', async () => {
    const { id } = await createActiveWebhook(tenant, receiver);
    const untilAt = new Date(Date.now() + 60_000).toISOString();
    const { body } = await api.admin.post(`/v1/webhooks/${id}/notifications/mute`, { untilAt });
    expect(body.notifications).toMatchObject({ mutedUntil: untilAt, mutedBy: expect.any(String) });
    expect(await notified(id, 'webhook.failing')).toEqual(['Boss@Customer.example']);
    await api.deps.pool.query(`UPDATE webhook_mute SET muted_until = now() - interval '1 second'`);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.notifications.mutedAt).toBeNull();
    expect(await notified(id, 'webhook.failing')).toEqual(['Boss@Customer.example', OPERATOR]);
    const past = { untilAt: new Date(0).toISOString() };
    expect((await api.admin.post(`/v1/webhooks/${id}/notifications/mute`, past)).status).toBe(422);
    const { body: entries } = await api.admin.get(`/v1/audit-entries?target=${id}&action=webhook.muted`);
    expect(entries.data).toMatchObject([{ after: { audience: 'operator', until: untilAt } }]);
  });

  it('is acknowledged until its state changes', async () => {
    const { id } = await createActiveWebhook(tenant, receiver);
    const acknowledge = () => api.admin.post(`/v1/webhooks/${id}/notifications/acknowledge`);
    const setHealth = (health: string) =>
      api.deps.pool.query(
        'UPDATE webhook SET health = $2::webhook_health, health_since = clock_timestamp() WHERE id = $1',
        [decodeId('webhook', id), health],
      );
    expect(await acknowledge()).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    await setHealth('failing');
    expect((await acknowledge()).body.notifications.acknowledgedAt).toEqual(expect.any(String));
    expect(await notified(id, 'webhook.failing')).toEqual(['Boss@Customer.example']);
    expect(await notified(id, 'delivery.exhausted')).toEqual(['Boss@Customer.example']);
    // These change the state.
    expect(await notified(id, 'webhook.suspended')).toContain(OPERATOR);
    expect(await notified(id, 'webhook.recovered')).toContain(OPERATOR);
    await setHealth('healthy');
    await setHealth('failing');
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.notifications.acknowledgedAt).toBeNull();
    expect(await notified(id, 'webhook.failing')).toContain(OPERATOR);
  });
});

const CONTACT = 'Boss@Customer.example';
const [FAILING, EXHAUSTED] = ['posthorn.webhook.failing', 'posthorn.delivery.exhausted'];

/** Returns the types of the notices of an address about a webhook. */
async function gathered(address: string, webhookId: string): Promise<string[]> {
  const { rows } = await api.deps.pool.query<{ type: string }>(
    'SELECT type FROM notice WHERE address = $1 AND webhook_id = $2 ORDER BY type DESC',
    [address, decodeId('webhook', webhookId)],
  );
  return rows.map(({ type }) => type);
}

async function failingWebhook(): Promise<string> {
  const { id } = await createActiveWebhook(tenant, receiver);
  await api.deps.pool.query(`UPDATE webhook SET health = 'failing', health_since = now() WHERE id = $1`, [
    decodeId('webhook', id),
  ]);
  for (const type of ['webhook.failing', 'delivery.exhausted']) await emit(id, type);
  return id;
}

describe('gathered notices', () => {
  it('of a webhook that is muted are deleted for its audience', async () => {
    const [id, other] = [await failingWebhook(), await failingWebhook()];
    await tenant.post(`/v1/webhooks/${id}/notifications/mute`);
    expect(await gathered(CONTACT, id)).toEqual([]);
    expect(await gathered(CONTACT, other)).toEqual([FAILING, EXHAUSTED]);
    expect(await gathered(OPERATOR, id)).toEqual([FAILING, EXHAUSTED]);
    await api.admin.post(`/v1/webhooks/${id}/notifications/mute`);
    expect(await gathered(OPERATOR, id)).toEqual([]);
    expect(await gathered(OPERATOR, other)).toEqual([FAILING, EXHAUSTED]);
  });

  it('of a webhook that is acknowledged are deleted, except for changes of its state', async () => {
    const id = await failingWebhook();
    await emit(id, 'webhook.suspended');
    await tenant.post(`/v1/webhooks/${id}/notifications/acknowledge`);
    expect(await gathered(CONTACT, id)).toEqual(['posthorn.webhook.suspended']);
    expect(await gathered(OPERATOR, id)).toHaveLength(3);
  });

  it('stay while they are being sent, and when a webhook is unmuted', async () => {
    const id = await failingWebhook();
    await tenant.post(`/v1/webhooks/${id}/notifications/unmute`);
    expect(await gathered(CONTACT, id)).toEqual([FAILING, EXHAUSTED]);
    await claimMail(api.deps.pool);
    await claimMail(api.deps.pool);
    await tenant.post(`/v1/webhooks/${id}/notifications/mute`);
    expect(await gathered(CONTACT, id)).toEqual([FAILING, EXHAUSTED]);
  });
});

describe('the state of notifications', () => {
  it('shows the recipients and a failure, and sends a test', async () => {
    expect((await api.admin.get('/v1/notifications')).body.email).toMatchObject({
      enabled: true,
      from: 'alerts@hooks.example',
      operatorRecipients: [OPERATOR],
      lastError: null,
    });
    expect((await api.admin.post('/v1/notifications/test')).body).toEqual({ recipients: [OPERATOR] });
    expect(mailServer.mails).toMatchObject([{ to: [OPERATOR], subject: 'Test email' }]);
    mailServer.beforeAccept(() => {
      throw Object.assign(new Error('full'), { responseCode: 552 });
    });
    expect(await api.admin.post('/v1/notifications/test')).toMatchObject({
      status: 422,
      body: { code: 'email_not_sent', detail: expect.stringContaining('full') },
    });
  });
});
