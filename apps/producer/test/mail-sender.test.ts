import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline, encodeId, newId, SYSTEM, SYSTEM_TENANT_ID, verifyMailToken } from '@posthorn/core';
import { claimMail, readEmailState, settleOperationalEvents } from '@posthorn/database/notifications';
import { addRecipient, removeRecipient, unsubscribeRecipient } from '@posthorn/database/notifications/prisma';
import { openPrisma } from '@posthorn/database/prisma-client';
import { connectSmtp, type MailResult, type Smtp } from '@posthorn/email';
import { createLogger, Registry } from '@posthorn/runtime';
import { type MailServer, startMailServer } from '@posthorn/testkit';
import { createMailSender, type MailSender } from '../src/notifications/mail-sender.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';

const OPERATOR = 'ops@hooks.example';
const ORIGIN = 'https://hooks.example';
const KEY = Buffer.alloc(32, 7);
const SENT: MailResult = { status: 'sent' };
const SECRET_URL = 'https://receiver.example/token-in-the-path';

const database = useDatabase({ forAll: true });
const quarantine = { isHeld: false };
let server: MailServer;
let sender: MailSender;
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE notice, mailbox, notification_recipient, confirmation_limit, unsubscription, webhook_mute, operational_event',
  );
  server = await startMailServer();
  sender = newSender();
});
afterEach(() => server.close());

const newSender = (smtp: Smtp = connectSmtp({ url: server.url, from: 'alerts@hooks.example' })) =>
  createMailSender({
    pool: database.pool,
    smtp,
    key: KEY,
    publicOrigin: ORIGIN,
    logger: createLogger({ service: 'test', level: 'error' }),
    metrics: producerMetrics(new Registry()),
    quarantine,
  });

/** Sends until nothing is due. Returns false if nothing was. */
async function send(by = sender): Promise<boolean> {
  let hasFoundWork = false;
  while (await by.run()) hasFoundWork = true;
  return hasFoundWork;
}

async function addTenant(
  settings: { name?: string; contact?: string; locale?: string; timeZone?: string } = {},
): Promise<string> {
  const id = newId();
  const { name = id, contact = null, locale = null, timeZone = null } = settings;
  await database.pool.query(
    'INSERT INTO tenant (id, name, contact_email, locale, time_zone) VALUES ($1, $2, $3, $4, $5)',
    [id, name, contact, locale, timeZone],
  );
  return id;
}

async function addWebhook(tenantId: string, description: string | null = null): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, description, secrets, timeout_ms, status, active_since)
     VALUES ($1, $2, $3, $4, '[]', 1000, 'active', now())`,
    [id, tenantId, SECRET_URL, description],
  );
  return id;
}

const FAILING = {
  percent: 50,
  failingSince: '2026-03-01T08:00:00.000Z',
  suspendsAt: '2026-03-06T08:00:00.000Z',
};

interface Emitted {
  tenantId: string;
  webhookId: string;
  type?: string;
  data?: object;
}

const OF_DELIVERIES: ReadonlySet<string> = new Set(['exhausted', 'blocked']);

/** Stores operational events and settles them, as the publisher does. */
async function emit(...events: Emitted[]): Promise<void> {
  const ids = events.map(() => newId());
  for (const [index, { tenantId, webhookId, type = 'failing', data = FAILING }] of events.entries())
    await database.pool.query(
      `INSERT INTO operational_event (id, tenant_id, type, data, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())`,
      [
        ids[index],
        tenantId,
        `posthorn.${OF_DELIVERIES.has(type) ? 'delivery' : 'webhook'}.${type}`,
        { webhookId, ...data },
      ],
    );
  await settleOperationalEvents(database.pool, ids, [OPERATOR]);
}

/** Makes every waiting message due. */
const passTime = () =>
  database.pool.query(`UPDATE mailbox SET next_at = now() - interval '1 s' WHERE next_at IS NOT NULL`);

const receivedBy = (address: string) => server.mails.filter(({ to }) => to.includes(address));

describe('an operational event', () => {
  it('is sent to the operator and to the contact of the tenant, in its language', async () => {
    const tenantId = await addTenant({ name: 'Muster GmbH', contact: 'it@muster.example', locale: 'de' });
    const webhookId = await addWebhook(tenantId, 'orders');
    await emit({ tenantId, webhookId });
    await send();
    expect(server.mails).toHaveLength(2);
    const [operator] = receivedBy(OPERATOR);
    expect(operator?.subject).toBe('Webhook receiver.example is failing');
    expect(operator?.text).toContain('receiver.example · orders · Muster GmbH');
    expect(operator?.text).toContain(`${ORIGIN}/webhooks/${encodeId('webhook', webhookId)}`);
    const [customer] = receivedBy('it@muster.example');
    expect(customer?.subject).toBe('Webhook receiver.example ist gestört');
    expect(customer?.text).not.toContain('Muster GmbH');
    const token = /unsubscribe\?token=(\S+)/.exec(customer?.text ?? '')?.[1] ?? '';
    expect(verifyMailToken(token, KEY, new Date())).toEqual({
      purpose: 'unsubscribe',
      tenantId,
      address: 'it@muster.example',
    });
    // URLs often contain secrets.
    for (const { raw } of server.mails) expect(raw).not.toContain('token-in-the-path');
  });

  it('is not sent while the database is quarantined', async () => {
    const tenantId = await addTenant({ contact: 'it@muster.example' });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    quarantine.isHeld = true;
    expect(await send()).toBe(false);
    expect(server.mails).toEqual([]);
    quarantine.isHeld = false;
    expect(await send()).toBe(true);
    expect(receivedBy('it@muster.example')).toHaveLength(1);
  });

  it('has times in the time zone of the tenant, and for the operator in UTC', async () => {
    const tenantId = await addTenant({ contact: 'tokyo@customer.example', timeZone: 'Asia/Tokyo' });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await send();
    expect(receivedBy('tokyo@customer.example')[0]?.text).toContain('Mar 1, 2026, 5:00:00 PM GMT+9');
    expect(receivedBy(OPERATOR)[0]?.text).toContain('Mar 1, 2026, 8:00:00 AM UTC');
  });

  it('names a webhook without a URL by its id and description', async () => {
    const tenantId = await addTenant({ contact: 'pull@customer.example' });
    const webhookId = await addWebhook(tenantId, 'orders');
    await database.pool.query(`UPDATE webhook SET delivery = 'pull', url = NULL WHERE id = $1`, [webhookId]);
    await emit({ tenantId, webhookId, type: 'suspended', data: { reason: 'failover' } });
    await send();
    const [customer] = receivedBy('pull@customer.example');
    const id = encodeId('webhook', webhookId);
    expect(customer?.subject).toContain(id);
    expect(customer?.text).toContain(`${id} · orders`);
  });

  it('is sent to confirmed recipients instead of the contact', async () => {
    const tenantId = await addTenant({ contact: 'contact@customer.example' });
    for (const [address, column] of [
      ['confirmed@customer.example', 'confirmed_at'],
      ['unconfirmed@customer.example', 'removed_at'],
      ['gone@customer.example', 'unsubscribed_at'],
    ] as const)
      await database.pool.query(
        `INSERT INTO notification_recipient (tenant_id, address, confirmed_at, ${column === 'confirmed_at' ? 'created_at' : column})
         VALUES ($1, $2, now(), now())`,
        [tenantId, address],
      );
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await send();
    expect(server.mails.flatMap(({ to }) => to).toSorted()).toEqual(['confirmed@customer.example', OPERATOR]);
  });

  it.each([
    ['is a validation', 'validated', {}],
    ['is a suspension by the customer', 'suspended', { suspendedBy: 'tenant', reason: 'x' }],
  ])('is not sent if it %s', async (_name, type, data) => {
    const tenantId = await addTenant({ contact: 'a@customer.example' });
    await emit({ tenantId, webhookId: await addWebhook(tenantId), type, data });
    expect(await send()).toBe(false);
    expect(server.mails).toEqual([]);
  });

  it('about a webhook of the operator is sent to the operator only', async () => {
    await emit({ tenantId: SYSTEM_TENANT_ID, webhookId: await addWebhook(SYSTEM_TENANT_ID) });
    await send();
    expect(server.mails.map(({ to }) => to)).toEqual([[OPERATOR]]);
  });

  it('with hostile names forges neither headers nor HTML', async () => {
    const hostile = `<script>\r\nBcc: victim@example.com ${'x'.repeat(10_000)}`;
    const tenantId = await addTenant({ name: `${newId()} ${hostile}` });
    await emit({ tenantId, webhookId: await addWebhook(tenantId, hostile) });
    await send();
    const [mail] = server.mails;
    expect(mail?.to).toEqual([OPERATOR]);
    expect(mail?.headers.has('bcc')).toBe(false);
    expect(mail?.html).not.toContain('<script>');
    expect(mail?.raw.length).toBeLessThan(5000);
  });
});

describe('a storm', () => {
  it('of 200 failing webhooks causes one message at once and one after a pause', async () => {
    const tenantId = await addTenant();
    const webhooks = await Promise.all(Array.from({ length: 200 }, () => addWebhook(tenantId)));
    const [first = '', ...others] = webhooks;
    await emit({ tenantId, webhookId: first });
    await send();
    for (const webhookId of others) await emit({ tenantId, webhookId });
    await emit({ tenantId, webhookId: first, type: 'recovered', data: {} });
    await send();
    expect(server.mails).toHaveLength(1);
    await passTime();
    await send();
    expect(server.mails).toHaveLength(2);
    expect(server.mails[1]?.subject).toBe('200 webhooks need attention');
    expect(server.mails[1]?.text).toContain('And 150 more webhooks.');
    await passTime();
    expect(await send()).toBe(false);
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0, lastError: null });
  });

  it('of exhausted deliveries is counted', async () => {
    const tenantId = await addTenant();
    const webhookId = await addWebhook(tenantId);
    const exhausted = { tenantId, webhookId, type: 'exhausted', data: { eventType: 'a.b' } };
    await emit(exhausted, exhausted);
    await emit(exhausted);
    await send();
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.text).toContain('3 deliveries failed after their last retry.');
  });

  it('of deliveries that block others is counted', async () => {
    const tenantId = await addTenant();
    const webhookId = await addWebhook(tenantId);
    const blocked = { tenantId, webhookId, type: 'blocked', data: { eventType: 'a.b', sequence: 1 } };
    await emit(blocked, blocked);
    await send();
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.text).toContain('2 deliveries have used up their retries and block');
  });

  it('of a delivery that failed because of an internal error is sent to the operator only', async () => {
    const tenantId = await addTenant({ contact: 'it@muster.example' });
    const webhookId = await addWebhook(tenantId);
    await emit({
      tenantId,
      webhookId,
      type: 'exhausted',
      data: { eventType: 'a.b', reason: 'internal_error' },
    });
    await send();
    expect(server.mails.map(({ to }) => to)).toEqual([[OPERATOR]]);
  });

  it('reports a problem that is resolved before it is sent as resolved', async () => {
    const tenantId = await addTenant();
    const webhookId = await addWebhook(tenantId);
    await emit({ tenantId, webhookId }, { tenantId, webhookId, type: 'recovered', data: {} });
    await send();
    expect(server.mails[0]?.subject).toBe('Webhook receiver.example works again');
    expect(server.mails[0]?.text).toContain('It was failing but has been working again');
  });
});

describe('a confirmation', () => {
  it('is a separate message, and the gathered notices follow', async () => {
    const address = 'it@customer.example';
    const tenantId = await addTenant({ contact: address });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    const recipient = { tenantId, address, max: 10, maxPerDay: 10, key: KEY };
    await addRecipient(openPrisma(database.pool), recipient, SYSTEM);
    await send();
    expect(receivedBy(address)).toMatchObject([
      {
        text: expect.stringMatching(
          /\/notifications\/confirm\?.*Unsubscribe: .*\/notifications\/unsubscribe\?/s,
        ),
      },
    ]);
    await passTime();
    await send();
    expect(receivedBy(address)[1]?.subject).toBe('Webhook receiver.example is failing');
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0 });
  });
});

describe('an address that has unsubscribed', () => {
  it('gets nothing as the contact of the tenant, also after the tenant has removed it', async () => {
    const contact = 'Boss@customer.example';
    const tenantId = await addTenant({ contact });
    const prisma = openPrisma(database.pool);
    await unsubscribeRecipient(prisma, { tenantId, address: contact, key: KEY });
    await removeRecipient(prisma, { tenantId, address: contact.toLowerCase() }, SYSTEM);
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await send();
    expect(receivedBy(contact)).toEqual([]);
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0 });
  });
});

describe('a failure', () => {
  it('of the server delays a message, which is sent once when it works again', async () => {
    const tenantId = await addTenant();
    const webhookId = await addWebhook(tenantId);
    await server.disconnect();
    await emit({ tenantId, webhookId });
    await send();
    expect(await readEmailState(database.pool)).toMatchObject({
      waiting: 1,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
    // It is not due yet.
    expect(await send()).toBe(false);
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await server.reconnect();
    await passTime();
    await send();
    await passTime();
    await send();
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.subject).toBe('2 webhooks need attention');
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0, lastError: null });
  });

  it('to accept one address does not delay others', async () => {
    const tenantId = await addTenant({ contact: 'a@customer.example' });
    let accepted = 0;
    server.beforeAccept(() => {
      accepted += 1;
      if (accepted === 1) throw Object.assign(new Error('full'), { responseCode: 552 });
    });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await send();
    expect(server.mails).toHaveLength(1);
  });

  it('between sending and recording sends the same message again', async () => {
    const tenantId = await addTenant();
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    // A process that is killed has claimed the message and sent it.
    const killed = await claimMail(database.pool);
    expect(await send()).toBe(false);
    await passTime();
    await send();
    expect(server.mails).toHaveLength(1);
    expect(server.mails[0]?.headers.get('message-id')).toBe(`<${killed?.id}@hooks.example>`);
  });

  it('loses no notice of the time in which a message was sent', async () => {
    const tenantId = await addTenant();
    const webhookId = await addWebhook(tenantId);
    await emit({ tenantId, webhookId });
    server.beforeAccept(() => emit({ tenantId, webhookId, data: { ...FAILING, percent: 75 } }));
    await send();
    server.beforeAccept(() => {});
    expect(server.mails[0]?.text).toContain('50 %');
    await passTime();
    await send();
    expect(server.mails[1]?.text).toContain('75 %');
  });

  it('that leaves open whether the server accepted a message is repeated twice', async () => {
    const address = 'it@customer.example';
    const tenantId = await addTenant({ contact: address });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    const results: MailResult[] = Array.from({ length: 3 }, () => ({ status: 'unknown', error: 'broken' }));
    results.splice(1, 0, { status: 'unavailable', error: 'refused' });
    const sent: string[] = [];
    const flaky = newSender({
      send: (mail) => {
        if (mail.to === address) sent.push(mail.id);
        return Promise.resolve(mail.to === address ? (results.shift() ?? SENT) : SENT);
      },
    });
    for (let count = 0; count < 5; count += 1) {
      await passTime();
      await send(flaky);
    }
    // The attempt while the server was unavailable does not count. All have the same id.
    expect(sent).toEqual(Array(4).fill(sent[0]));
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0, lastError: 'broken' });
    // The next message has three attempts again.
    results.push({ status: 'unknown', error: 'broken' });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await passTime();
    await send(flaky);
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 1 });
    await passTime();
    await send(flaky);
    expect(new Set(sent.slice(4)).size).toBe(1);
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0, lastError: null });
  });

  it('for days drops the notices', async () => {
    const tenantId = await addTenant();
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    await database.pool.query(`UPDATE notice SET created_at = now() - interval '73 hours'`);
    await send();
    expect(server.mails).toEqual([]);
    expect(await readEmailState(database.pool)).toMatchObject({ waiting: 0, lastSentAt: null });
  });
});

describe('a run', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('ends after a second, so that a stop does not wait for every message', async () => {
    const tenantId = await addTenant({ contact: 'a@customer.example' });
    await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    let nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    server.beforeAccept(() => {
      nowMs += 1000;
    });
    expect(await sender.run()).toBe(true);
    expect(server.mails).toHaveLength(1);
    expect(await sender.run()).toBe(true);
    expect(server.mails).toHaveLength(2);
  });
});

describe('a stop', () => {
  it('ends a message that takes long, which is sent again with the same id', async () => {
    await emit({ tenantId: SYSTEM_TENANT_ID, webhookId: await addWebhook(SYSTEM_TENANT_ID) });
    const scan = new EventEmitter();
    const started = once(scan, 'start');
    server.beforeAccept(async () => {
      scan.emit('start');
      await once(scan, 'end');
    });
    const run = sender.run();
    await started;
    await sender.stop(new Deadline(0));
    expect(await run).toBe(true);
    expect(await readEmailState(database.pool)).toMatchObject({
      waiting: 1,
      lastError: 'The producer stopped',
    });
    scan.emit('end');
    await server.waitFor(1);
    server.beforeAccept(() => {});
    sender = newSender();
    await passTime();
    await send();
    const [first, second] = server.mails;
    expect(second?.headers.get('message-id')).toBe(first?.headers.get('message-id'));
  });
});

describe('several producers', () => {
  it('send each message once', async () => {
    for (let count = 0; count < 5; count += 1) {
      const tenantId = await addTenant({ contact: `t${count}@customer.example` });
      await emit({ tenantId, webhookId: await addWebhook(tenantId) });
    }
    await Promise.all([send(), send(), send()]);
    const recipients = server.mails.flatMap(({ to }) => to);
    expect(new Set(recipients).size).toBe(recipients.length);
    expect(recipients).toHaveLength(6);
  });
});

const mute = (webhookId: string, audience: string) =>
  database.pool.query('INSERT INTO webhook_mute (webhook_id, audience, muted_at) VALUES ($1, $2, now())', [
    webhookId,
    audience,
  ]);

describe('a muted webhook', () => {
  it.each([
    ['operator', 'a@customer.example'],
    ['tenant', OPERATOR],
  ])('sends nothing to the %s', async (audience, other) => {
    const tenantId = await addTenant({ contact: 'a@customer.example' });
    const webhookId = await addWebhook(tenantId);
    await mute(webhookId, audience);
    await emit({ tenantId, webhookId });
    await send();
    expect(server.mails.map(({ to }) => to)).toEqual([[other]]);
  });
});
