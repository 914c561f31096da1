// The portal: the dashboard of one tenant, embedded in another app and isolated from other tenants.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiClient, apiClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Browser, Frame, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type HostPage, startHostPage } from './host-page.js';
import { openHost } from './portal-frame.js';
import { portalLink, tokenOf } from './portal-links.js';
import { textsAndAttributes } from './page-texts.js';
import type { SeededStack } from './seeded-stack.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openPage, openPortalPage } from './open-page.js';
import { waitUntilSettled } from './wait-until-settled.js';
import { signIn } from './sign-in.js';
import { newBrowserUser, withNewUser, type BrowserUser } from './browser-user.js';

let browser: Browser;
let host: HostPage;
let seeded: SeededStack;
let api: ApiClient;
/** Opens portal links, each instead of the one before. */
let customer: BrowserUser;

beforeAll(async () => {
  ({ browser, host, seeded } = dashboard);
  api = seeded.api;
  customer = await newBrowserUser(browser);
});

describe('embedded in a page of another origin', () => {
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it('applies the theme, and creates a webhook that receives events', () =>
    customer.run(async (page) => {
      const logoUrl = 'https://cdn.example.com/logo.svg';
      await page.route(logoUrl, (route) =>
        route.fulfill({
          contentType: 'image/svg+xml',
          body: '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="28"><rect width="90" height="28" fill="#0b7285"/></svg>',
        }),
      );
      host.embed(
        await portalLink(seeded.ids.tenant, '', {
          theme: { accentColor: '#0b7285', logoUrl, colorScheme: 'dark' },
        }),
      );
      const frame = await openHost(page, host.origin);
      await expectThemed(frame, logoUrl);
      await expectAccessible(frame);
      const webhookId = await createWebhook(frame, receiver);

      const { body: event } = await api.post('/v1/events', {
        type: 'order.placed',
        tenantId: seeded.ids.tenant,
        data: { id: 'or_1' },
      });
      await receiver.waitFor((requests) =>
        requests.some(({ headers }) => headers['webhook-id'] === event.id),
      );
      await frame.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
      await frame.getByRole('table', { name: 'Deliveries' }).getByText('order.placed').waitFor();
      const { body: webhook } = await api.get(`/v1/webhooks/${webhookId}`);
      expect(webhook.tenantId).toBe(seeded.ids.tenant);
      // A route disables the cache of the page.
      await page.unrouteAll();
    }));

  it('blocks other origins from embedding the portal, and all origins from embedding the dashboard', async () => {
    const otherHost = await startHostPage();
    try {
      otherHost.embed(await portalLink(seeded.ids.tenant));
      await expectBlocked(otherHost);
      host.embed(seeded.stack.apiUrl);
      await expectBlocked(host);
    } finally {
      await otherHost.close();
    }
  });
});

describe('embedded by the component of the package', () => {
  let tenantId: string;
  const createLink = (): Promise<string> => portalLink(tenantId, '', { parentOrigins: [host.origin] });

  beforeAll(() => {
    tenantId = seeded.ids.tenant;
    host.onLink(createLink);
  });

  it('leads from a new webhook to its first event, also after a reload', () =>
    customer.run(async (page) => {
      const receiver = await startReceiver();
      const frame = await openHost(page, `${host.origin}/component`);
      await frame.getByRole('link', { name: 'Webhooks', exact: true }).click();
      await fillNewWebhook(frame, receiver.url);
      await frame.getByRole('heading', { level: 1, name: 'Set up webhook' }).waitFor();
      await frame.getByRole('combobox', { name: 'Programming language' }).click();
      await frame.getByRole('option', { name: 'Python' }).click();
      await frame.getByRole('group', { name: 'Code' }).getByText('def verify').waitFor();
      await expectAccessible(frame);
      await frame.getByRole('button', { name: 'Done' }).click();
      await frame.getByRole('button', { name: 'Done' }).waitFor({ state: 'detached' });

      await frame.evaluate(() => window.location.reload());
      await frame.getByRole('heading', { level: 1, name: 'Set up webhook' }).waitFor();
      await frame.getByRole('button', { name: 'Send code' }).click();
      await frame.getByRole('status').getByText('HTTP 200').waitFor();
      expect(await frame.getByRole('button', { name: 'Done' }).count()).toBe(0);
      await frame
        .getByLabel('Validation code', { exact: true })
        .fill(receiver.requests.at(-1)?.json().data.code);
      await frame.getByRole('button', { name: 'Validate URL' }).click();
      await frame.getByRole('button', { name: 'Send test event' }).click();
      await frame.getByText('Waiting for an event of a subscribed type.').waitFor();

      await api.post('/v1/events', { type: 'order.placed', tenantId, data: { id: 'or_3' } });
      await frame.getByText('The first event has arrived:').waitFor();
      await expectAccessible(frame);
      await frame.getByRole('link', { name: 'Go to the webhook' }).click();
      await frame.getByRole('heading', { level: 1 }).getByText('Active', { exact: true }).waitFor();
      await receiver.close();
    }));

  it('ignores messages that do not come from the host page', () =>
    customer.run(async (page) => {
      const link = await portalLink(seeded.ids.tenant, '', { parentOrigins: ['https://app.example'] });
      const { search } = new URL(link);
      // No parent: the page itself posts a link, as a script of another window could.
      await page.goto(`${seeded.stack.apiUrl}/portal${search}`);
      await page.evaluate((url) => window.postMessage({ type: 'portal:link', url }, '*'), link);
      await expectSessionExpired(page);
    }));
});

it('survives a reload, and leads back to the application without a link and from an expired one', () =>
  customer.run(async (page) => {
    const link = await portalLink(seeded.ids.tenant, '/webhooks', { returnUrl: `${host.origin}/back` });
    await page.goto(link);
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Deliveries' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Deliveries' }).waitFor();

    const { search } = new URL(link);
    const url = page.url();
    // Otherwise a call of the page could be the first that is rejected.
    await page.goto('about:blank');
    await api.delete(`/v1/portal-links/${new URLSearchParams(search).get('link')}`);
    await page.goto(url);
    await expectSessionExpired(page);
    // The rejected token is not kept.
    await page.reload();
    await page.waitForURL(`${host.origin}/back`);

    await page.goto(`${seeded.stack.apiUrl}/portal${search}#token=php_${'0'.repeat(43)}`);
    await expectSessionExpired(page);
    await page.getByRole('link', { name: 'Go back' }).click();
    await page.waitForURL(`${host.origin}/back`);
  }));

it('gives its token to no other tab', () =>
  customer.run(async (page) => {
    await page.goto(await portalLink(seeded.ids.tenant));
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await expectSessionExpired(tab);
    await tab.close();
  }));

it('keeps checkboxes square with the greatest radius', () =>
  customer.run(async (page) => {
    await page.goto(await portalLink('default', '/deliveries', { theme: { radius: 16 } }));
    const checkbox = page.getByRole('checkbox').first();
    await checkbox.waitFor();
    const [radius, width] = await checkbox.evaluate((element) => [
      Number.parseFloat(getComputedStyle(element).borderRadius),
      element.getBoundingClientRect().width,
    ]);
    expect(radius).toBeLessThanOrEqual((width ?? 0) / 4);
  }));

it('offers only what the features of its link allow', () =>
  customer.run(async (page) => {
    const features = {
      create: false,
      edit: false,
      delete: false,
      secrets: false,
      search: false,
      events: false,
      notifications: false,
    };
    await page.goto(await portalLink('default', `/webhooks/${seeded.ids.webhook}/settings`, { features }));
    await waitUntilSettled(page);
    await page.getByText('You have read-only access.').waitFor();
    await page.getByRole('button', { name: 'Suspend webhook' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Signing secrets' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'More actions' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Events', exact: true }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^Search/ }).count()).toBe(0);
    await page.keyboard.press('Control+K');
    await page.getByRole('link', { name: 'Webhooks', exact: true }).first().click();
    await page.getByRole('table', { name: 'Webhooks' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Create webhook' }).count()).toBe(0);
  }));

describe('every page', () => {
  const PATHS = [
    '',
    '/webhooks',
    '/webhooks/new',
    '/webhooks/:webhook',
    '/webhooks/:webhook/deliveries',
    '/webhooks/:webhook/replays',
    '/webhooks/:webhook/settings',
    '/webhooks/:unvalidated',
    '/webhooks/:unvalidated/setup',
    '/webhooks/:suspended',
    '/events',
    '/events/:event',
    '/deliveries',
    '/deliveries/:delivery',
    '/recoveries',
    '/recoveries/:recovery',
    '/event-types',
    '/event-types/invoice.paid',
    '/notifications',
    '/nothing',
  ];

  const visitAll = async (page: Page, check: (texts: string[]) => void) => {
    const titles: string[] = [];
    for (const pattern of PATHS) {
      const path = pattern.replace(/:(\w+)/, (_, id) => seeded.ids[id as keyof typeof seeded.ids]);
      await openPortalPage(page, path);
      titles.push(await page.title());
      check((await page.evaluate(textsAndAttributes)).map((text) => `${pattern}: ${text}`));
    }
    // The last page does not exist, all others do.
    expect(titles.indexOf(titles.at(-1) ?? '')).toBe(titles.length - 1);
  };

  beforeAll(() =>
    customer.run((page) =>
      loadPortal(page, 'default', '', { theme: { accentColor: '#c2255c', productName: 'Acme Hooks' } }),
    ),
  );

  it.each([
    ['overview', ''],
    ['webhooks', '/webhooks'],
    ['webhook', '/webhooks/:webhook'],
    ['events', '/events'],
    ['event', '/events/:event'],
    ['deliveries', '/deliveries'],
    ['delivery', '/deliveries/:delivery'],
  ])('is accessible: %s', (name, pattern) =>
    customer.run(async (page) => {
      const { ids } = seeded;
      const path = pattern.replace(/:(webhook|event|delivery)/, (_, id: keyof typeof ids) => ids[id]);
      await openPortalPage(page, path);
      await checkPage(page, `portal-${name}`);
    }),
  );

  it('names neither this product nor a part of its engine', () =>
    customer.run(async (page) => {
      const engine = /posthorn|\b(?:lanes?|windows?|epochs?|queue[ds]?|workers?|leases?|fences?|shards?)\b/i;
      await visitAll(page, (texts) => {
        expect(texts.filter((text) => engine.test(text))).toEqual([]);
        expect(texts.some((text) => text.endsWith('Acme Hooks'))).toBe(true);
      });
    }));

  it('is translated', () =>
    customer.run(async (page) => {
      const words = /[A-Za-z’']{2,} [a-z]{2,} [a-z]{2,}/;
      await loadPortal(page, 'default', '', { language: 'ja' });
      await visitAll(page, (texts) => {
        expect(texts.filter((text) => words.test(text) && !DATA.test(text))).toEqual([]);
      });
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('ja');
    }));

  /** Texts of the seeded data, in English. */
  const DATA =
    /moving to the new|closed for maintenance|paid in full|was declined|placed an order|on their way/;
});

it('is in the language of its link, with its dates, numbers and words', () =>
  customer.run(async (page) => {
    const strings = { 'Event types': 'Ereigniskatalog' };
    await page.goto(await portalLink('default', '/deliveries', { language: 'de', strings }));
    await page.getByRole('heading', { level: 1, name: 'Zustellungen' }).waitFor();
    await page.getByRole('link', { name: 'Ereigniskatalog' }).waitFor();
    await page
      .getByText(/^(?:vor \d+|vor|jetzt|gestern)/)
      .first()
      .waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
    await checkPage(page, 'portal-german');
    await openPortalPage(page, '/webhooks/new');
    await page.getByLabel('URL', { exact: true }).fill('https://10.0.0.1/');
    await page.getByRole('combobox', { name: 'Ereigniskatalog' }).fill('order.*');
    await page.getByRole('combobox', { name: 'Ereigniskatalog' }).press('Enter');
    await page.getByRole('combobox', { name: 'Ereigniskatalog' }).press('Tab');
    await page.getByRole('button', { name: 'Webhook erstellen' }).click();
    await page.getByText('10.0.0.1 ist nicht im öffentlichen Internet und kein erlaubtes Ziel').waitFor();
    await page.goto(await portalLink('default', '/deliveries?language=fr', { language: 'de' }));
    await page.getByRole('heading', { level: 1, name: 'Livraisons' }).waitFor();
  }));

// A new user: where storage is not partitioned, frames read what the tab has kept for portals that no page embeds.
it('reloads its frame in the language of the component', () =>
  withNewUser(browser, async (page) => {
    host.onLink(() => portalLink(seeded.ids.tenant, '', { parentOrigins: [host.origin] }));
    const frame = await openHost(page, `${host.origin}/component?language=es`);
    await frame.getByRole('heading', { level: 1, name: 'Resumen' }).waitFor();
    await frame.evaluate(() => window.location.reload());
    await frame.getByRole('heading', { level: 1, name: 'Resumen' }).waitFor();
  }));

async function expectThemed(frame: Frame, logoUrl: string): Promise<void> {
  expect(new URL(frame.url()).hash).toBe('');
  const logo = frame.locator(`img[src="${logoUrl}"]`).first();
  expect(await logo.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0)).toBe(true);
  await frame.getByRole('link', { name: 'Webhooks', exact: true }).click();
  const button = frame.getByRole('link', { name: 'Create webhook' }).first();
  expect(await button.evaluate((link) => getComputedStyle(link).backgroundColor)).toBe('rgb(11, 114, 133)');
  expect(await frame.evaluate(() => document.documentElement.dataset['mantineColorScheme'])).toBe('dark');
}

/** Creates a webhook, and closes the dialog with its secret. */
async function fillNewWebhook(frame: Frame, url: string): Promise<void> {
  await frame.getByRole('link', { name: 'Create webhook' }).first().click();
  await frame.getByLabel('URL', { exact: true }).fill(url);
  const eventTypes = frame.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('order.placed');
  await eventTypes.press('Enter');
  // Close the options, which cover the button.
  await eventTypes.press('Tab');
  await frame.getByRole('button', { name: 'Create webhook' }).click();
  await frame.getByRole('dialog').getByRole('button', { name: "I've saved it" }).click();
}

/** Returns the ID of the webhook. */
async function createWebhook(frame: Frame, { url, requests }: Receiver): Promise<string> {
  await fillNewWebhook(frame, url);
  await frame.getByRole('button', { name: 'Send code' }).click();
  await frame.getByRole('status').getByText('HTTP 200').waitFor();
  await frame.getByLabel('Validation code', { exact: true }).fill(requests.at(-1)?.json().data.code);
  await frame.getByRole('button', { name: 'Validate URL' }).click();
  await frame.getByRole('link', { name: 'Finish later' }).click();
  await frame.getByRole('heading', { level: 1 }).getByText('Active', { exact: true }).waitFor();
  return new URL(frame.url()).pathname.split('/').at(-1) ?? '';
}

/** Expects a frame-ancestors violation, which the browser logs to the console. */
async function expectBlocked({ origin }: HostPage): Promise<void> {
  const page = await browser.newPage();
  const blocked = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
  await page.goto(origin);
  await blocked;
  await eventually(() => expect(page.frames()[1]?.url()).toMatch(/^chrome-error:/));
  await page.close();
}

it('says that headers are sent after validation, until an operator approves them in the dashboard', async () => {
  const { body: key } = await api.post('/v1/api-keys', { tenantId: seeded.ids.tenant });
  const { body: webhook } = await apiClient(seeded.stack.apiUrl, key.key).post('/v1/webhooks', {
    url: 'http://127.0.0.1:9/gateway',
    eventTypes: ['order.placed'],
    headers: { 'x-gateway-key': 'secret' },
  });
  const path = `/webhooks/${webhook.id}`;
  await customer.run(async (page) => {
    await loadPortal(page, seeded.ids.tenant, path);
    await page.getByText('The headers x-gateway-key are sent only after validation.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve headers' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Send code' }).click();
    await page.getByRole('alert').getByText('Connection refused', { exact: true }).waitFor();
  });
  await dashboard.operator.run(async (page) => {
    await openPage(page, seeded.stack.apiUrl + path);
    await page.getByRole('button', { name: 'Approve headers' }).click();
    await page.getByText('The request includes the headers x-gateway-key.').waitFor();
    await expectAccessible(page);
  });
  await customer.run(async (page) => {
    await openPortalPage(page, path);
    await page.getByText('The request includes the headers x-gateway-key.').waitFor();
  });
});

/** Changes the quota in the dashboard. */
const raiseQuota = (webhooks: number) =>
  dashboard.operator.run(async (page) => {
    await openPage(page, `${seeded.stack.apiUrl}/tenants`);
    await page.getByRole('button', { name: 'Edit settings of Kestrel Bikes' }).click();
    await page.getByRole('textbox', { name: 'Webhooks' }).fill(String(webhooks));
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Tenant updated').waitFor();
  });

/** Loads the portal with a new link. */
async function loadPortal(...[page, ...link]: [Page, ...Parameters<typeof portalLink>]): Promise<void> {
  await page.goto(await portalLink(...link));
}

describe('the quota of webhooks', () => {
  it('is shown with its usage, stops creation when it is reached, and can be raised by an operator', () =>
    customer.run(async (page) => {
      await api.post('/v1/webhooks', {
        tenantId: seeded.ids.tenant,
        url: 'https://hooks.example/',
        eventTypes: ['*'],
      });
      const { usage } = (await api.get(`/v1/tenants/${seeded.ids.tenant}`)).body;
      const used = usage.webhooks;
      await loadPortal(page, seeded.ids.tenant, '/webhooks');
      await page.getByText(`${used} of 500 webhooks`, { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Create webhook' }).first().waitFor();

      await api.patch(`/v1/tenants/${seeded.ids.tenant}`, { quotas: { webhooks: used } });
      await openPortalPage(page, '/webhooks');
      await page.getByText(`${used} of ${used} webhooks: the quota is reached`).waitFor();
      expect(await page.getByRole('button', { name: 'Create webhook' }).isDisabled()).toBe(true);
      await checkPage(page, 'portal-webhooks-quota');
      await openPortalPage(page, '');
      await page.getByRole('status').getByText('Quota reached').waitFor();
      await page.getByText(`${used} of ${used} webhooks: the quota is reached`).first().waitFor();
      await checkPage(page, 'portal-overview-quota');

      await raiseQuota(used + 4);
      await openPortalPage(page, '/webhooks');
      await page.getByText(`${used} of ${used + 4} webhooks`, { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Create webhook' }).first().waitFor();
    }));
});

describe('isolation from other tenants', () => {
  type Call = [method: string, path: string, body?: unknown];

  const LISTS = [
    '/v1/webhooks',
    '/v1/events',
    '/v1/deliveries',
    '/v1/replays',
    '/v1/stats',
    '/v1/overview',
    '/v1/api-keys',
  ];

  /** Data of the other tenant, which is the default tenant. */
  const FOREIGN = /cus_Q4kT8x|Accounting|Storefront|POSTHORN_ADMIN_KEY|storefront/;

  beforeAll(() => customer.run((page) => loadPortal(page, seeded.ids.tenant, '?tenant=default')));

  it('shows nothing at URLs of other tenants', () =>
    customer.run(async (page) => {
      const { webhook, event, delivery, rejectedEvent } = seeded.ids;
      const paths = [
        `/webhooks/${webhook}`,
        `/webhooks/${webhook}/settings`,
        `/events/${event}`,
        `/deliveries/${delivery}`,
        '/rejected-events',
        `/rejected-events/${rejectedEvent}`,
        '/tenants',
        '/api-keys',
        '/audit',
      ];
      for (const path of paths) {
        await openPortalPage(page, path);
        await page
          .getByText(/not found$/i)
          .first()
          .waitFor();
        expect(await page.locator('body').innerText()).not.toMatch(FOREIGN);
      }
    }));

  it('shows nothing in lists for the tenant "default"', () =>
    customer.run(async (page) => {
      for (const path of ['/', '/webhooks', '/events', '/deliveries']) {
        await openPortalPage(page, `${path}?tenant=default`);
        const text = await page.locator('body').innerText();
        expect(text).not.toMatch(FOREIGN);
        expect(text).not.toMatch(foreignIds());
      }
    }));

  it.each(['the token of a portal link', 'a session cookie'])('rejects API calls with %s', (credential) =>
    withNewUser(browser, async (page) => {
      const bearer = credential.includes('token')
        ? tokenOf(await portalLink(seeded.ids.tenant))
        : await signInAsTenant(page);
      if (bearer) await page.goto(`${seeded.stack.apiUrl}/sign-in`);
      const responses = await page.evaluate(callAll, { calls: foreignCalls(), bearer });
      for (const { call, status, text } of responses) {
        expect({ call, rejected: status === 403 || status === 404 }).toEqual({ call, rejected: true });
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
      expect((await api.get(`/v1/webhooks/${seeded.ids.webhook}`)).body.status).toBe('active');
    }),
  );

  function foreignCalls(): Call[] {
    const { webhook, event, delivery, rejectedEvent } = seeded.ids;
    const range = { from: '2026-01-01T00:00:00Z', to: '2036-01-01T00:00:00Z' };
    return [
      ['GET', `/v1/webhooks/${webhook}`],
      ['PATCH', `/v1/webhooks/${webhook}`, { description: 'mine' }],
      ['POST', `/v1/webhooks/${webhook}/suspend`, {}],
      ['POST', `/v1/webhooks/${webhook}/secrets/rotate`, {}],
      ['GET', `/v1/webhooks/${webhook}/secrets`],
      ['POST', `/v1/webhooks/${webhook}/test`, { eventType: 'order.placed' }],
      ['POST', `/v1/webhooks/${webhook}/replay`, range],
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
      ['GET', '/v1/audit-entries'],
      ['POST', '/v1/api-keys', { name: 'more', scopes: ['admin'] }],
      ['POST', '/v1/portal-links', { tenantId: 'default' }],
    ];
  }
});

/** Matches the IDs of the other tenant. */
function foreignIds(): RegExp {
  const { tenant: _, ...foreign } = seeded.ids;
  return new RegExp(Object.values(foreign).join('|'));
}

/** Signs in with a key of the tenant with all scopes but `admin`. */
async function signInAsTenant(page: Page): Promise<undefined> {
  const { body } = await api.post('/v1/api-keys', {
    name: 'bikes',
    tenantId: seeded.ids.tenant,
    scopes: [
      'webhooks:read',
      'webhooks:write',
      'events:read',
      'payloads:read',
      'deliveries:read',
      'deliveries:write',
    ],
  });
  await signIn(page, seeded.stack.apiUrl, body.key);
}

/** Calls the API from within a page, as an injected script could. */
async function callAll({
  calls,
  bearer,
}: {
  calls: [method: string, path: string, body?: unknown][];
  bearer: string | undefined;
}): Promise<{ call: string; status: number; text: string }[]> {
  const responses = [];
  for (const [method, path, body] of calls) {
    const response = await fetch(path, {
      method,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    responses.push({ call: `${method} ${path}`, status: response.status, text: await response.text() });
  }
  return responses;
}

describe('an expired session', () => {
  it('is reported in an open page and after a reload', () =>
    customer.run(async (page) => {
      const link = await portalLink(seeded.ids.tenant);
      await page.goto(link);
      // Leave the overview first: its event stream could detect the end before the click.
      await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
      await waitUntilSettled(page);
      await apiClient(seeded.stack.apiUrl, tokenOf(link)).delete('/v1/session');
      await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
      await expectSessionExpired(page);
      await page.reload();
      await expectSessionExpired(page);
    }));

  it('does not fall back to the session of an operator in the same browser', () =>
    dashboard.operator.run(async (page) => {
      const tab = await page.context().newPage();
      await tab.goto(`${seeded.stack.apiUrl}/portal#token=php_${'0'.repeat(40)}`);
      await expectSessionExpired(tab);
      await tab.goto(`${seeded.stack.apiUrl}/portal/webhooks`);
      await expectSessionExpired(tab);
      await tab.close();
    }));
});

function expectSessionExpired(page: Page): Promise<void> {
  return page.getByRole('heading', { name: 'Your session expired' }).waitFor();
}
