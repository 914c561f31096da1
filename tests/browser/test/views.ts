// Loading, error and empty states of every page; long lists; times; the pages of other projects that Posthorn serves.
import { EventEmitter, once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { eventually } from '@posthorn/testkit';
import type { Locator, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { screenshot } from './check-page.js';
import type { SeededStack } from './seeded-stack.js';
import { openPage } from './open-page.js';
import { signIn } from './sign-in.js';
import { dashboard } from './dashboard.js';
import { newBrowserUser, withNewUser, type BrowserUser } from './browser-user.js';

describe('shows the loading state, then the error, and retries', () => {
  let user: BrowserUser;

  beforeAll(async () => {
    user = await newBrowserUser(dashboard.browser, { allowedErrors: /net::ERR_CONNECTION_FAILED/ });
    await user.run(async (page) => {
      await signIn(page, dashboard.seeded.stack.apiUrl, dashboard.seeded.stack.adminKey);
      await page.clock.install();
    });
  });

  it.each([
    '/',
    '/webhooks',
    '/webhooks/:webhook',
    '/webhooks/:webhook/deliveries',
    '/webhooks/:webhook/replays',
    '/events',
    '/events/:event',
    '/deliveries',
    '/deliveries/:delivery',
    '/recoveries',
    '/recoveries/:recovery',
    '/rejected-events',
    '/rejected-events/:rejectedEvent',
    '/event-types',
    '/event-types/invoice.paid',
    '/notifications',
    '/api-keys',
    '/tenants',
    '/tenants/:tenant',
    '/audit',
  ])('%s', (pattern) =>
    user.run(async (page) => {
      const path = pattern.replace(
        /:(\w+)/,
        (_, name: keyof SeededStack['ids']) => dashboard.seeded.ids[name],
      );
      const network = await interceptNetwork(page);
      const opened = openPage(page, dashboard.seeded.stack.apiUrl + path);
      await page.locator(LOADING).first().waitFor();

      network.cut();
      const alert = page.getByRole('alert').filter({ hasText: "Can't reach the server" });
      // Skips the delays of the automatic retries.
      while (!(await alert.first().isVisible())) await page.clock.fastForward(1000);

      network.restore();
      // Meanwhile, other parts of the page may still show alerts, and those that are not clicked recover by themselves.
      while ((await alert.count()) > 0) {
        const [button] = await alert.getByRole('button', { name: 'Try again' }).elementHandles();
        await button?.dispatchEvent('click');
        await button?.waitForElementState('hidden');
      }
      await opened;
      await page.unrouteAll();
    }),
  );
});

describe('a list that could not be refreshed', () => {
  it.each([
    ['keeps its rows', '/events', 'invoice.paid'],
    ['stays empty', '/events?eventType=views.none', 'No events match these filters'],
  ])('%s and shows the error until it is loaded again', (_, path, text) =>
    withNewUser(
      dashboard.browser,
      async (page) => {
        const { apiUrl, adminKey } = dashboard.seeded.stack;
        await signIn(page, apiUrl + path, adminKey);
        const content = page.getByText(text).filter({ visible: true }).first();
        await content.waitFor();
        await page.clock.install();
        await page.route(/\/v1\/events\?/, (route) => route.abort('connectionfailed'));
        await page.getByRole('button', { name: 'Refresh' }).click();
        const alert = page.getByRole('alert').filter({ hasText: "Can't reach the server" });
        // Skips the delays of the automatic retries.
        while (!(await alert.isVisible())) await page.clock.fastForward(1000);
        expect(await content.isVisible()).toBe(true);

        await page.unrouteAll();
        const [response] = await Promise.all([
          page.waitForResponse(/\/v1\/events\?/),
          alert.getByRole('button', { name: 'Try again' }).click(),
        ]);
        expect(response.status()).toBe(200);
        await alert.waitFor({ state: 'hidden' });
      },
      { allowedErrors: /net::ERR_CONNECTION_FAILED/ },
    ),
  );
});

/** Skeletons of Mantine. */
const LOADING = '[data-visible][data-animate]';

interface Network {
  /** Fails all held and further requests. */
  cut(): void;
  /** Lets further requests pass. */
  restore(): void;
}

/** Holds all API calls but the session query until the network is cut. */
async function interceptNetwork(page: Page): Promise<Network> {
  const events = new EventEmitter().setMaxListeners(0);
  let state: 'held' | 'cut' | 'restored' = 'held';
  await page.route(/\/v1\/(?!session)/, async (route) => {
    if (state === 'held') await once(events, 'cut');
    await (state === 'restored' ? route.continue() : route.abort('connectionfailed'));
  });
  return {
    cut: () => {
      state = 'cut';
      events.emit('cut');
    },
    restore: () => {
      state = 'restored';
    },
  };
}

describe('empty states', () => {
  let newUser: BrowserUser;

  beforeAll(async () => {
    const { body: tenant } = await dashboard.seeded.api.post('/v1/tenants', { name: 'Empty' });
    const { body } = await dashboard.seeded.api.post('/v1/api-keys', {
      name: 'all of an empty tenant',
      tenantId: tenant.id,
      scopes: ['webhooks:read', 'webhooks:write', 'events:read', 'events:write', 'deliveries:read'],
    });
    newUser = await newBrowserUser(dashboard.browser);
    await newUser.run((page) => signIn(page, dashboard.seeded.stack.apiUrl, body.key));
  });

  it.each([
    ['/', 'Get started'],
    ['/webhooks', 'No webhooks yet'],
    ['/events', 'No events yet'],
    ['/deliveries', 'No deliveries yet'],
    ['/deliveries?status=failed', 'No deliveries match these filters'],
    ['/webhooks?search=nowhere', 'No webhooks match these filters'],
  ])('%s shows "%s"', (path, text) =>
    newUser.run(async (page) => {
      await openPage(page, dashboard.seeded.stack.apiUrl + path);
      await page.getByText(text).waitFor();
      await expectAccessible(page);
    }),
  );
});

describe('the data of an event', () => {
  it('is published and shown as it was entered', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/events?tenant=${ids.tenant}`);
      await page.getByRole('button', { name: 'Publish event', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Publish event' });
      await dialog.getByRole('combobox', { name: 'Event type' }).fill('number.big');
      await dialog.getByRole('textbox', { name: 'Data' }).fill('{"id":9007199254740993,"n":[1e400,1.10]}');
      await dialog.getByRole('button', { name: 'Publish event' }).click();

      const shown = page.getByRole('group', { name: 'Event data' });
      await shown.waitFor();
      expect(await shown.innerText()).toBe(
        '{\n  "id": 9007199254740993,\n  "n": [\n    1e400,\n    1.10\n  ]\n}',
      );
    }));
});

describe('publishing an event whose response is lost', () => {
  it('publishes it once, and again if it is edited', () =>
    withNewUser(
      dashboard.browser,
      async (page) => {
        const { stack, ids: seeded } = dashboard.seeded;
        await signIn(page, `${stack.apiUrl}/events?tenant=${seeded.tenant}`, stack.adminKey);
        const ids: string[] = [];
        await page.route('**/v1/events', async (route) => {
          const response = await route.fetch();
          ids.push((await response.json()).id);
          await (ids.length < 3 ? route.abort('connectionfailed') : route.fulfill({ response }));
        });
        await page.getByRole('button', { name: 'Publish event', exact: true }).click();
        const dialog = page.getByRole('dialog', { name: 'Publish event' });
        await dialog.getByRole('combobox', { name: 'Event type' }).fill('response.lost');
        async function submit(data: string): Promise<void> {
          await dialog.getByRole('textbox', { name: 'Data' }).fill(data);
          await dialog.getByRole('button', { name: 'Publish event' }).click();
        }
        for (const data of ['{"n":1}', '{"n":1}'])
          await Promise.all([page.waitForEvent('requestfailed'), submit(data)]);
        await submit('{"n":2}');
        await page.getByRole('group', { name: 'Event data' }).waitFor();
        expect(ids[1]).toBe(ids[0]);
        expect(ids[2]).not.toBe(ids[0]);
      },
      { allowedErrors: /net::ERR_CONNECTION_FAILED/ },
    ));
});

describe('a list of 100,000 rows', () => {
  const MANY = 100_000;

  beforeAll(async () => {
    const { pool, stop } = connect({
      url: dashboard.seeded.stack.databaseUrl,
      applicationName: 'posthorn browser tests',
    });
    try {
      await pool.query(WRITE_EVENTS, [MANY]);
    } finally {
      await stop();
    }
  });

  it('renders only rows near the viewport, at any scroll position', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/events`);
      const rows = page.getByRole('table', { name: 'Events' }).locator('[data-index]');
      const counts = [];
      for (let loaded = 100; loaded <= 500; loaded += 100) {
        await rows.first().waitFor();
        counts.push(await rows.count());
        await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
        await page.locator(`[data-index="${loaded + 1}"]`).waitFor();
      }
      expect(Math.max(...counts)).toBeLessThan(60);
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.locator('[data-index="0"]').waitFor();
    }));
});

/** Inserts events without deliveries, for the list only. */
const WRITE_EVENTS = `
INSERT INTO event (id, tenant_id, published_at, type, body)
SELECT posthorn_uuidv7(), tenant.id, now(), 'heating.measured',
  format('{"type":"heating.measured","timestamp":"2031-01-01T00:00:00.000Z","data":{"number":%s}}', number)
FROM generate_series(1, $1) AS number, tenant
WHERE tenant.name = 'default'`;

/** Moves the mouse to an element until its tooltip is shown: what is loaded meanwhile may move the element away from the mouse. */
async function hoverUntilShown(page: Page, element: Locator, tooltip: string): Promise<void> {
  await eventually(async () => {
    await page.mouse.move(0, 0);
    await element.hover();
    await page.getByRole('tooltip', { name: tooltip }).waitFor({ timeout: 3000 });
  });
}

describe('times', () => {
  it('are local, with the zone, and UTC in the tooltip', () =>
    withNewUser(
      dashboard.browser,
      async (page) => {
        const { createdAt } = (
          await dashboard.seeded.api.get(`/v1/deliveries/${dashboard.seeded.ids.delivery}`)
        ).body;
        const [local, utc] = [inKathmandu(createdAt), `${createdAt.slice(0, 19).replace('T', ' ')} UTC`];

        await signIn(
          page,
          `${dashboard.seeded.stack.apiUrl}/deliveries/${dashboard.seeded.ids.delivery}`,
          dashboard.seeded.stack.adminKey,
        );
        const time = page.locator(`time[datetime="${createdAt}"]`).first();
        expect(await time.innerText()).toContain(local);
        await hoverUntilShown(page, time, utc);

        await openPage(page, `${dashboard.seeded.stack.apiUrl}/deliveries?status=pending`);
        await hoverUntilShown(page, time, `${local} · ${utc}`);
      },
      { timezoneId: 'Asia/Kathmandu', locale: 'en-GB' },
    ));
});

function inKathmandu(time: string): string {
  return new Date(time).toLocaleString('en-GB', {
    timeZone: 'Asia/Kathmandu',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
}

/** Runs a task and returns the origins other than ours that the page sent requests to. */
async function foreignOrigins(page: Page, task: () => Promise<void>): Promise<string[]> {
  const origins = new Set<string>();
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:') origins.add(origin);
  });
  await task();
  origins.delete(new URL(dashboard.seeded.stack.apiUrl).origin);
  return [...origins];
}

// Each task also fails if the content security policy was violated.
describe('a page of another project violates no policy and loads nothing from other servers:', () => {
  it('the API reference', () =>
    dashboard.operator.run(async (page) => {
      const foreign = await foreignOrigins(page, async () => {
        await page.goto(`${dashboard.seeded.stack.apiUrl}/docs`);
        await page.getByRole('button', { name: 'Authorize' }).first().click();
        await page.getByRole('button', { name: 'Close' }).first().click();
        const operation = page.locator('#operations-Webhooks-createWebhook');
        await operation.click();
        await operation.getByText('Schema', { exact: true }).first().click();
        await operation.getByRole('button', { name: 'Try it out' }).click();
        await operation.getByRole('button', { name: 'Execute' }).click();
        await operation.locator('.live-responses-table').waitFor();
      });
      expect(foreign).toEqual([]);
    }));

  it('the queues, with their own fonts', () =>
    dashboard.operator.run(async (page) => {
      const foreign = await foreignOrigins(page, async () => {
        await page.goto(`${dashboard.seeded.stack.apiUrl}/admin/queues`);
        await page.getByText('deliveries-retry').first().click();
        await page.getByText('Failed').first().click();
        await page.getByText('No failed jobs in this queue').waitFor();
        await page.getByRole('button').last().click();
        await page.evaluate(() => document.fonts.ready);
      });
      const loaded = await page.evaluate(() =>
        [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family),
      );
      expect(loaded.join()).toContain('IBM Plex Sans');
      expect(foreign).toEqual([]);
      await screenshot(page, 'queues');
    }));
});
