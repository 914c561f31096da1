// Every view while it waits, when it cannot be had, and when there is nothing; long lists; times.
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type LivedInStack, startLivedInStack } from './lived-in-stack.js';
import { settled } from './settled.js';
import { signIn } from './sign-in.js';
import { launchBrowser, visit } from './visit.js';

let browser: Browser;
let system: LivedInStack;
let operator: BrowserContextOptions;

beforeAll(async () => {
  browser = await launchBrowser();
  system = await startLivedInStack();
  operator = await signedIn(system.stack.adminKey);
});

afterAll(async () => {
  await browser?.close();
  await system?.close();
});

async function signedIn(key: string): Promise<BrowserContextOptions> {
  let options: BrowserContextOptions = {};
  await visit(browser, async (page) => {
    await signIn(page, system.stack.apiUrl, key);
    options = { storageState: await page.context().storageState() };
  });
  return options;
}

const VIEWS: ((ids: LivedInStack['ids']) => string)[][] = [
  [() => '/', () => '/webhooks', () => '/events'],
  [() => '/deliveries', () => '/rejected-events', () => '/event-types'],
  [() => '/api-keys', () => '/tenants', () => '/audit'],
  [
    ({ webhook }) => `/webhooks/${webhook}/deliveries`,
    ({ webhook }) => `/webhooks/${webhook}/replays`,
    () => '/event-types/invoice.paid',
  ],
  [
    ({ webhook }) => `/webhooks/${webhook}`,
    ({ event }) => `/events/${event}`,
    ({ event }) => `/events/${event}?view=explain`,
  ],
  [({ delivery }) => `/deliveries/${delivery}`, ({ rejectedEvent }) => `/rejected-events/${rejectedEvent}`],
];

describe('waits, says what is wrong, and tries again', () => {
  // Some at the same time: most of it is waiting.
  it.each(VIEWS.map((views) => [views] as const))('views %#', async (views) => {
    await Promise.all(views.map((at) => loseAndRegain(at(system.ids))));
  });
});

async function loseAndRegain(at: string): Promise<void> {
  const visited = visit(
    browser,
    async (page) => {
      const network = await cuttable(page);
      await page.goto(system.stack.apiUrl + at);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator(LOADING).first().waitFor();

      network.cut();
      const alert = page.getByRole('alert').filter({ hasText: 'Posthorn cannot be reached' });
      await alert.first().waitFor();
      await expectAccessible(page);

      network.mend();
      for (let left = await alert.count(); left > 0; left = await alert.count()) {
        await alert.first().getByRole('button', { name: 'Try again' }).click();
        await alert.nth(left - 1).waitFor({ state: 'hidden' });
      }
      await settled(page);
    },
    { ...operator, acceptFaults: /net::ERR_CONNECTION_FAILED/ },
  );
  await visited.catch((error: unknown) => {
    throw new Error(`at ${at}`, { cause: error });
  });
}

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
  let empty: BrowserContextOptions;

  beforeAll(async () => {
    const { body: tenant } = await system.api.post('/v1/tenants', { name: 'Empty' });
    const { body } = await system.api.post('/v1/api-keys', {
      name: 'all of an empty tenant',
      tenantId: tenant.id,
      scopes: ['webhooks:read', 'webhooks:write', 'events:read', 'events:write', 'deliveries:read'],
    });
    empty = await signedIn(body.key);
  });

  it.each([
    ['/', 'How to begin'],
    ['/webhooks', 'No webhooks yet'],
    ['/events', 'No events yet'],
    ['/deliveries', 'No deliveries yet'],
    ['/deliveries?status=failed', 'No delivery fits these filters'],
    ['/webhooks?search=nowhere', 'No webhook fits these filters'],
  ])('%s says "%s"', (at, words) =>
    visit(
      browser,
      async (page) => {
        await page.goto(system.stack.apiUrl + at);
        await page.getByText(words).waitFor();
        await settled(page);
        await expectAccessible(page);
      },
      empty,
    ),
  );
});

describe('a list of 100,000 rows', () => {
  const MANY = 100_000;

  beforeAll(async () => {
    const { pool, close } = connect({
      url: system.stack.databaseUrl,
      applicationName: 'posthorn browser tests',
    });
    try {
      await pool.query(WRITE_EVENTS, [MANY]);
    } finally {
      await close();
    }
  });

  it('has no more rows in the page than are near what is seen, however far one scrolls', () =>
    visit(
      browser,
      async (page) => {
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
      },
      operator,
    ));
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

        await page.goto(`${system.stack.apiUrl}/deliveries/${system.ids.delivery}`);
        const time = page.locator(`time[datetime="${createdAt}"]`).first();
        expect(await time.innerText()).toContain(local);
        await time.hover();
        await page.getByRole('tooltip', { name: utc }).waitFor();

        await page.goto(`${system.stack.apiUrl}/deliveries?status=pending`);
        await time.hover();
        await page.getByRole('tooltip', { name: `${local} · ${utc}` }).waitFor();
      },
      { ...operator, timezoneId: 'Asia/Kathmandu', locale: 'en-GB' },
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
