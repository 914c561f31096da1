// Every view while it waits, when it cannot be had, and when there is nothing; long lists; times.
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database';
import type { Browser, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type LivedInStack, startLivedInStack } from './lived-in-stack.js';
import { settled } from './settled.js';
import { signIn } from './sign-in.js';
import { launchBrowser, newVisitor, visit, type Visitor } from './visit.js';

let browser: Browser;
let system: LivedInStack;
let operator: Visitor;

beforeAll(async () => {
  browser = await launchBrowser();
  system = await startLivedInStack();
  operator = await newVisitor(browser, { acceptFaults: /net::ERR_CONNECTION_FAILED/ });
  await operator.does((page) => signIn(page, system.stack.apiUrl, system.stack.adminKey));
});

afterAll(async () => {
  await browser?.close();
  await system?.close();
});

describe('waits, says what is wrong, and tries again', () => {
  it.each([
    '/',
    '/webhooks',
    '/webhooks/:webhook',
    '/webhooks/:webhook/deliveries',
    '/webhooks/:webhook/replays',
    '/events',
    '/events/:event',
    '/events/:event?view=explain',
    '/deliveries',
    '/deliveries/:delivery',
    '/rejected-events',
    '/rejected-events/:rejectedEvent',
    '/event-types',
    '/event-types/invoice.paid',
    '/api-keys',
    '/tenants',
    '/audit',
  ])('%s', (address) =>
    operator.does(async (page) => {
      const at = address.replace(/:(\w+)/, (_, name: keyof LivedInStack['ids']) => system.ids[name]);
      const network = await cuttable(page);
      await page.goto(system.stack.apiUrl + at);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator(LOADING).first().waitFor();

      network.cut();
      const alert = page.getByRole('alert').filter({ hasText: 'Posthorn cannot be reached' });
      await alert.first().waitFor();

      network.mend();
      for (let left = await alert.count(); left > 0; left = await alert.count()) {
        await alert.first().getByRole('button', { name: 'Try again' }).click();
        await alert.nth(left - 1).waitFor({ state: 'hidden' });
      }
      await settled(page);
      await page.unrouteAll();
    }),
  );
});

/** What stands in the place of what is loading. */
const LOADING = '[data-visible][data-animate]';

interface Network {
  /** What was held and what follows fails. */
  cut(): void;
  /** From now on everything arrives. */
  mend(): void;
}

/** Holds all calls of the API but the one that says who is signed in, until the network is cut. */
async function cuttable(page: Page): Promise<Network> {
  const wire = new EventEmitter().setMaxListeners(0);
  let state: 'held' | 'cut' | 'mended' = 'held';
  await page.route(/\/v1\/(?!session)/, async (route) => {
    if (state === 'held') await once(wire, 'cut');
    await (state === 'mended' ? route.continue() : route.abort('connectionfailed'));
  });
  return {
    cut: () => {
      state = 'cut';
      wire.emit('cut');
    },
    mend: () => {
      state = 'mended';
    },
  };
}

describe('nothing there yet', () => {
  let beginner: Visitor;

  beforeAll(async () => {
    const { body: tenant } = await system.api.post('/v1/tenants', { name: 'Empty' });
    const { body } = await system.api.post('/v1/api-keys', {
      name: 'all of an empty tenant',
      tenantId: tenant.id,
      scopes: ['webhooks:read', 'webhooks:write', 'events:read', 'events:write', 'deliveries:read'],
    });
    beginner = await newVisitor(browser);
    await beginner.does((page) => signIn(page, system.stack.apiUrl, body.key));
  });

  it.each([
    ['/', 'How to begin'],
    ['/webhooks', 'No webhooks yet'],
    ['/events', 'No events yet'],
    ['/deliveries', 'No deliveries yet'],
    ['/deliveries?status=failed', 'No delivery fits these filters'],
    ['/webhooks?search=nowhere', 'No webhook fits these filters'],
  ])('%s says "%s"', (at, words) =>
    beginner.does(async (page) => {
      await page.goto(system.stack.apiUrl + at);
      await page.getByText(words).waitFor();
      await settled(page);
      await expectAccessible(page);
    }),
  );
});

describe('a list of 100,000 rows', () => {
  const MANY = 100_000;

  beforeAll(async () => {
    const { pool, stop } = connect({
      url: system.stack.databaseUrl,
      applicationName: 'posthorn browser tests',
    });
    try {
      await pool.query(WRITE_EVENTS, [MANY]);
    } finally {
      await stop();
    }
  });

  it('has no more rows in the page than are near what is seen, however far one scrolls', () =>
    operator.does(async (page) => {
      await page.goto(`${system.stack.apiUrl}/events`);
      const rows = page.getByRole('table', { name: 'Events' }).locator('[data-index]');
      const counts = [];
      for (let loaded = 100; loaded <= 1500; loaded += 100) {
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

/** Nothing but the list knows of them. */
const WRITE_EVENTS = `
INSERT INTO event (id, tenant_id, published_at, type, body)
SELECT posthorn_uuidv7(), tenant.id, now(), 'heating.measured',
  json_build_object('type', 'heating.measured', 'timestamp', now(), 'data', json_build_object('number', number))
FROM generate_series(1, $1) AS number, tenant
WHERE tenant.name = 'default'`;

describe('times', () => {
  it('are local, and UTC for who points at them', () =>
    visit(
      browser,
      async (page) => {
        const { createdAt } = (await system.api.get(`/v1/deliveries/${system.ids.delivery}`)).body;
        const [local, utc] = [inKathmandu(createdAt), `${createdAt.slice(0, 19).replace('T', ' ')} UTC`];

        await signIn(page, `${system.stack.apiUrl}/deliveries/${system.ids.delivery}`, system.stack.adminKey);
        const time = page.locator(`time[datetime="${createdAt}"]`).first();
        expect(await time.innerText()).toContain(local);
        await time.hover();
        await page.getByRole('tooltip', { name: utc }).waitFor();

        await page.goto(`${system.stack.apiUrl}/deliveries?status=pending`);
        await time.hover();
        await page.getByRole('tooltip', { name: `${local} · ${utc}` }).waitFor();
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
  });
}
