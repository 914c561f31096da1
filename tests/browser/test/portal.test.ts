// The portal: one tenant's part of the dashboard, in a page of somebody else's, and the walls around it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiClient, apiClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Browser, Frame, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type HostPage, startHostPage } from './host-page.js';
import { type LivedInStack, startLivedInStack } from './lived-in-stack.js';
import { lookAround } from './look-around.js';
import { settled } from './settled.js';
import { signIn } from './sign-in.js';
import { launchBrowser, newVisitor, visit, type Visitor } from './visit.js';

let browser: Browser;
let host: HostPage;
let system: LivedInStack;
let api: ApiClient;

beforeAll(async () => {
  browser = await launchBrowser();
  host = await startHostPage();
  system = await startLivedInStack({ POSTHORN_PORTAL_FRAME_ANCESTORS: host.origin });
  api = system.api;
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([host?.close(), system?.close()]);
});

/** A new link to the portal of a tenant, at a page of it. */
async function portalLink(tenantId: string, at = '', theme?: Record<string, string>): Promise<string> {
  const { status, body } = await api.post('/v1/portal-links', { tenantId, ...(theme && { theme }) });
  expect(status).toBe(201);
  return body.url.replace('/portal#', `/portal${at}#`);
}

const tokenOf = (link: string) => new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';

describe('in a frame of a page of another origin', () => {
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it('it looks as its host wishes, and its tenant makes a webhook there that gets events', () =>
    visit(browser, async (page) => {
      const logoUrl = 'https://cdn.example.com/logo.svg';
      await page.route(logoUrl, (route) =>
        route.fulfill({
          contentType: 'image/svg+xml',
          body: '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="28"><rect width="90" height="28" fill="#0b7285"/></svg>',
        }),
      );
      host.embed(
        await portalLink(system.ids.tenant, '', { accentColor: '#0b7285', logoUrl, colorScheme: 'dark' }),
      );
      const frame = await openHost(page);
      await expectThemed(frame, logoUrl);
      await expectAccessible(frame);
      const webhookId = await createWebhook(frame, receiver);

      const { body: event } = await api.post('/v1/events', {
        type: 'order.placed',
        tenantId: system.ids.tenant,
        data: { id: 'or_1' },
      });
      await receiver.waitFor((requests) =>
        requests.some(({ headers }) => headers['webhook-id'] === event.id),
      );
      await frame.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
      await frame.getByRole('table', { name: 'Deliveries' }).getByText('order.placed').waitFor();
      const { body: webhook } = await api.get(`/v1/webhooks/${webhookId}`);
      expect(webhook.tenantId).toBe(system.ids.tenant);
    }));

  it('no other origin may show it, and none the dashboard', async () => {
    const stranger = await startHostPage();
    try {
      stranger.embed(await portalLink(system.ids.tenant));
      await expectBlocked(stranger);
      host.embed(system.stack.apiUrl);
      await expectBlocked(host);
    } finally {
      await stranger.close();
    }
  });
});

async function openHost(page: Page): Promise<Frame> {
  await page.goto(host.origin);
  const frame = page.frames()[1];
  if (!frame) throw new Error('the page of the host has no frame');
  await settled(frame);
  return frame;
}

async function expectThemed(frame: Frame, logoUrl: string): Promise<void> {
  expect(new URL(frame.url()).hash).toBe('');
  const logo = frame.locator(`img[src="${logoUrl}"]`).first();
  expect(await logo.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0)).toBe(true);
  await frame.getByRole('link', { name: 'Webhooks', exact: true }).click();
  const button = frame.getByRole('link', { name: 'New webhook' }).first();
  expect(await button.evaluate((link) => getComputedStyle(link).backgroundColor)).toBe('rgb(11, 114, 133)');
  expect(await frame.evaluate(() => document.documentElement.dataset['mantineColorScheme'])).toBe('dark');
}

/** Answers its id. */
async function createWebhook(frame: Frame, { url, requests }: Receiver): Promise<string> {
  await frame.getByRole('link', { name: 'New webhook' }).first().click();
  await frame.getByLabel('URL', { exact: true }).fill(url);
  const eventTypes = frame.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('order.placed');
  await eventTypes.press('Enter');
  // What is offered lies above the button.
  await eventTypes.press('Tab');
  await frame.getByRole('button', { name: 'Create the webhook' }).click();
  await frame.getByRole('dialog').getByRole('button', { name: 'I have kept it' }).click();
  await frame.getByRole('button', { name: 'Send verification code' }).click();
  await frame.getByRole('status').getByText('Answered 200').waitFor();
  await frame.getByLabel('Code', { exact: true }).fill(requests.at(-1)?.json().data.code);
  await frame.getByRole('button', { name: 'Confirm' }).click();
  await frame.getByRole('heading', { level: 1 }).getByText('Active', { exact: true }).waitFor();
  return new URL(frame.url()).pathname.split('/').at(-1) ?? '';
}

/** The browser itself says so in the console, which is no fault here. */
async function expectBlocked({ origin }: HostPage): Promise<void> {
  const page = await browser.newPage();
  const blocked = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
  await page.goto(origin);
  await blocked;
  await eventually(() => expect(page.frames()[1]?.url()).toMatch(/^chrome-error:/));
  await page.close();
}

describe('nothing of other tenants', () => {
  type Call = [method: string, path: string, body?: unknown];

  const LISTS = ['/v1/webhooks', '/v1/events', '/v1/deliveries', '/v1/replays', '/v1/stats', '/v1/overview'];

  /** What only the other tenant, the default one, has. */
  const FOREIGN = /cus_Q4kT8x|Accounting|Storefront|POSTHORN_ADMIN_KEY|storefront/;

  it('by addresses that somebody types', () =>
    visit(browser, async (page) => {
      const { webhook, event, delivery, rejectedEvent } = system.ids;
      const addresses = [
        `/webhooks/${webhook}`,
        `/webhooks/${webhook}/settings`,
        `/events/${event}`,
        `/events/${event}?view=explain`,
        `/deliveries/${delivery}`,
        '/rejected-events',
        `/rejected-events/${rejectedEvent}`,
        '/tenants',
        '/api-keys',
        '/audit',
      ];
      for (const at of addresses) {
        await page.goto(await portalLink(system.ids.tenant, at));
        await settled(page);
        await page
          .getByText(/^(Not found|There is nothing here)$/)
          .first()
          .waitFor();
        expect(await page.locator('body').innerText()).not.toMatch(FOREIGN);
      }
    }));

  it.each(['/', '/webhooks', '/events', '/deliveries'])('in the list at %s for the tenant "default"', (at) =>
    visit(browser, async (page) => {
      await page.goto(await portalLink(system.ids.tenant, `${at}?tenant=default`));
      await settled(page);
      const text = await page.locator('body').innerText();
      expect(text).not.toMatch(FOREIGN);
      expect(text).not.toMatch(foreignIds());
    }),
  );

  it.each(['the token of a link', 'the cookie of a session'])('by calls with %s', (credential) =>
    visit(browser, async (page) => {
      const bearer = credential.includes('token')
        ? tokenOf(await portalLink(system.ids.tenant))
        : await signInAsTenant(page);
      if (bearer) await page.goto(`${system.stack.apiUrl}/sign-in`);
      const answers = await page.evaluate(callAll, { calls: foreignCalls(), bearer });
      for (const { call, status, text } of answers) {
        expect({ call, refused: status === 403 || status === 404 }).toEqual({ call, refused: true });
        expect(text).not.toMatch(FOREIGN);
      }
      const lists = await page.evaluate(callAll, {
        calls: LISTS.map((path) => ['GET', path] as Call),
        bearer,
      });
      for (const { call, status, text } of lists) {
        expect({ call, status }).toEqual({ call, status: 200 });
        expect(text).not.toMatch(FOREIGN);
        expect(text).not.toMatch(foreignIds());
      }
      expect((await api.get(`/v1/webhooks/${system.ids.webhook}`)).body.status).toBe('active');
    }),
  );

  function foreignCalls(): Call[] {
    const { webhook, event, delivery, rejectedEvent } = system.ids;
    const span = { from: '2026-01-01T00:00:00Z', to: '2036-01-01T00:00:00Z' };
    return [
      ['GET', `/v1/webhooks/${webhook}`],
      ['PATCH', `/v1/webhooks/${webhook}`, { description: 'mine' }],
      ['POST', `/v1/webhooks/${webhook}/suspend`, {}],
      ['POST', `/v1/webhooks/${webhook}/secret/rotate`, {}],
      ['POST', `/v1/webhooks/${webhook}/test`, { eventType: 'order.placed' }],
      ['POST', `/v1/webhooks/${webhook}/replay`, span],
      ['DELETE', `/v1/webhooks/${webhook}`],
      ['GET', `/v1/events/${event}`],
      ['GET', `/v1/events/${event}/deliveries`],
      ['GET', `/v1/events/${event}/explain`],
      ['GET', `/v1/deliveries/${delivery}`],
      ['GET', `/v1/deliveries/${delivery}/attempts`],
      ['POST', `/v1/deliveries/${delivery}/retry`],
      ['GET', `/v1/rejected-events/${rejectedEvent}`],
      ...LISTS.map((path): Call => ['GET', `${path}?tenantId=default`]),
      ['GET', '/v1/tenants'],
      ['GET', '/v1/api-keys'],
      ['GET', '/v1/audit-entries'],
      ['POST', '/v1/api-keys', { name: 'more', scopes: ['admin'] }],
      ['POST', '/v1/portal-links', { tenantId: 'default' }],
    ];
  }
});

/** Of what the other tenant has. */
function foreignIds(): RegExp {
  const { tenant: _, ...foreign } = system.ids;
  return new RegExp(Object.values(foreign).join('|'));
}

/** Signs in with a key of the tenant that may do all but administrate. */
async function signInAsTenant(page: Page): Promise<undefined> {
  const { body } = await api.post('/v1/api-keys', {
    name: 'bikes',
    tenantId: system.ids.tenant,
    scopes: ['webhooks:read', 'webhooks:write', 'events:read', 'deliveries:read', 'deliveries:write'],
  });
  await signIn(page, system.stack.apiUrl, body.key);
}

/** Calls the API from within a page, as a script that got into it could. */
async function callAll({
  calls,
  bearer,
}: {
  calls: [method: string, path: string, body?: unknown][];
  bearer: string | undefined;
}): Promise<{ call: string; status: number; text: string }[]> {
  const answers = [];
  for (const [method, path, body] of calls) {
    const response = await fetch(path, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    answers.push({ call: `${method} ${path}`, status: response.status, text: await response.text() });
  }
  return answers;
}

describe('a link that has ended', () => {
  it('says so in the page that it opened, and after a reload', () =>
    visit(browser, async (page) => {
      const link = await portalLink(system.ids.tenant);
      await page.goto(link);
      // Away from the overview: its stream could notice the end before the click.
      await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
      await settled(page);
      await apiClient(system.stack.apiUrl, tokenOf(link)).delete('/v1/session');
      await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
      await linkEnded(page);
      await page.reload();
      await linkEnded(page);
    }));

  it('is not opened by the session of an operator in the same browser', () =>
    visit(browser, async (page) => {
      await signIn(page, system.stack.apiUrl, system.stack.adminKey);
      await page.goto(`${system.stack.apiUrl}/portal#token=php_${'0'.repeat(40)}`);
      await linkEnded(page);
      await page.goto(`${system.stack.apiUrl}/portal/webhooks`);
      await linkEnded(page);
    }));
});

function linkEnded(page: Page): Promise<void> {
  return page.getByRole('heading', { name: 'This link has ended' }).waitFor();
}

describe('its pages', () => {
  let customer: Visitor;

  beforeAll(async () => {
    customer = await newVisitor(browser);
  });

  it.each([
    ['overview', ''],
    ['webhooks', '/webhooks'],
    ['webhook', '/webhooks/:webhook'],
    ['events', '/events'],
    ['event', '/events/:event'],
    ['deliveries', '/deliveries'],
    ['delivery', '/deliveries/:delivery'],
  ])('%s', (name, at) =>
    customer.does(async (page) => {
      const { ids } = system;
      const address = at.replace(/:(webhook|event|delivery)/, (_, id: keyof typeof ids) => ids[id]);
      await page.goto(await portalLink('default', address, { accentColor: '#c2255c' }));
      await lookAround(page, `portal-${name}`);
    }),
  );
});
