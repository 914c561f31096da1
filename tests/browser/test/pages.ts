// Checks every page of the dashboard in light mode, in dark mode and on a narrow screen. See docs/testing.md.
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { takeLayoutShift } from './layout-shift.js';
import { openPage } from './open-page.js';
import type { SeededStack } from './seeded-stack.js';
import { checkPage, saveDocsImage } from './check-page.js';
import { waitUntilSettled } from './wait-until-settled.js';
import { dashboard } from './dashboard.js';
import { withNewUser } from './browser-user.js';

/** The limit of a good Cumulative Layout Shift: https://web.dev/cls. */
const MAX_SHIFT = 0.1;

interface PageCase {
  path: (ids: SeededStack['ids']) => string;
  /** Runs before the checks. */
  prepare?: (page: Page) => Promise<void>;
  /** The docs contain a screenshot of this page. */
  inDocs?: true;
}

const click = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();

/** Waits for the name as well: Mantine labels a dialog only after it is rendered. */
const openDialog = (button: string) => async (page: Page) => {
  await click(button)(page);
  await page.getByRole('dialog', { name: /\S/ }).waitFor();
};

async function mute(page: Page): Promise<void> {
  await click('More actions')(page);
  await page.getByRole('menuitem', { name: 'Acknowledge' }).click();
  await page.getByRole('status').filter({ hasText: 'Acknowledged' }).first().waitFor();
}

/** The pages by the name of their screenshots. */
const PAGES: Record<string, PageCase> = {
  overview: { path: () => '/', inDocs: true },
  webhooks: { path: () => '/webhooks' },
  'webhooks-none': { path: () => '/webhooks?search=nothing' },
  'webhook-new': { path: () => '/webhooks/new', prepare: click('Show') },
  webhook: { path: ({ webhook }) => `/webhooks/${webhook}`, inDocs: true },
  'webhook-suspend': {
    path: ({ webhook }) => `/webhooks/${webhook}`,
    prepare: openDialog('Suspend webhook'),
  },
  'webhook-test': { path: ({ webhook }) => `/webhooks/${webhook}`, prepare: openDialog('Send test event') },
  'webhook-deliveries': { path: ({ webhook }) => `/webhooks/${webhook}/deliveries` },
  'webhook-replays': { path: ({ webhook }) => `/webhooks/${webhook}/replays` },
  'webhook-settings': { path: ({ webhook }) => `/webhooks/${webhook}/settings` },
  'webhook-unvalidated': { path: ({ unvalidated }) => `/webhooks/${unvalidated}` },
  'webhook-suspended': { path: ({ suspended }) => `/webhooks/${suspended}` },
  'webhook-mute': { path: ({ suspended }) => `/webhooks/${suspended}`, prepare: mute },
  notifications: { path: () => '/notifications' },
  'notifications-tenant': { path: ({ tenant }) => `/notifications?tenant=${tenant}` },
  events: { path: () => '/events' },
  'events-publish': { path: () => '/events', prepare: openDialog('Publish event') },
  event: { path: ({ event }) => `/events/${event}` },
  deliveries: { path: () => '/deliveries' },
  'deliveries-selected': { path: () => '/deliveries', prepare: selectAll },
  delivery: { path: ({ delivery }) => `/deliveries/${delivery}`, inDocs: true },
  recoveries: { path: () => '/recoveries' },
  recovery: { path: ({ recovery }) => `/recoveries/${recovery}` },
  'webhook-recover': { path: ({ webhook }) => `/webhooks/${webhook}`, prepare: openRecovery },
  'rejected-events': { path: () => '/rejected-events' },
  'rejected-event': { path: ({ rejectedEvent }) => `/rejected-events/${rejectedEvent}` },
  'event-types': { path: () => '/event-types' },
  'event-type': { path: () => '/event-types/invoice.paid' },
  'api-keys': { path: () => '/api-keys' },
  'api-keys-new': { path: () => '/api-keys', prepare: openDialog('Create API key') },
  tenants: { path: () => '/tenants' },
  tenant: { path: ({ tenant }) => `/tenants/${tenant}` },
  'tenants-settings': { path: () => '/tenants', prepare: openTenantSettings },
  'tenants-link': { path: () => '/tenants', prepare: openDialog('Create portal link for Kestrel Bikes') },
  usage: { path: () => '/usage' },
  'usage-none': { path: () => '/usage?from=2020-01-01&to=2020-01-02' },
  erasures: { path: () => '/erasures' },
  audit: { path: () => '/audit' },
  'audit-entry': { path: () => '/audit', prepare: openSuspension },
  search: { path: () => '/events', prepare: searchForOrder },
  'not-found': { path: () => '/webhooks/wh_00000000000000000000000000' },
  'no-such-page': { path: () => '/no-such-page' },
};

async function searchForOrder(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search' }).fill('or_2041');
  await page
    .getByRole('option', { name: /order\.placed/ })
    .first()
    .waitFor();
}

async function selectAll(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Select the first/ }).check();
}

async function openRecovery(page: Page): Promise<void> {
  await openDialog('Recover this webhook')(page);
  await page
    .getByRole('dialog')
    .getByText(/· 1 webhook|Nothing to recover/)
    .waitFor();
}

async function openTenantSettings(page: Page): Promise<void> {
  await openDialog('Edit settings of Kestrel Bikes')(page);
  await page.getByRole('textbox', { name: 'Portal links' }).waitFor();
}

async function openSuspension(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Webhook suspended' }).first().click();
  await page.getByRole('heading', { name: 'Changes' }).waitFor();
}

describe('signed in', () => {
  it.each(Object.entries(PAGES))('%s', (name, { path, prepare, inDocs }) =>
    dashboard.operator.run(async (page) => {
      // Shifts of the previous page.
      await takeLayoutShift(page);
      await openPage(page, dashboard.seeded.stack.apiUrl + path(dashboard.seeded.ids));
      expect(await takeLayoutShift(page)).toBeLessThan(MAX_SHIFT);
      expect((await page.title()).startsWith('Page not found')).toBe(name === 'no-such-page');
      await prepare?.(page);
      if (inDocs && process.env['DOCS_SCREENSHOTS']) await saveDocsImage(page, name);
      await checkPage(page, name);
    }),
  );
});

describe('while the application loads', () => {
  it.each(['overview', 'webhook', 'delivery'])('the layout of %s does not shift', (name) =>
    dashboard.operator.run(async (page) => {
      await page.goto(dashboard.seeded.stack.apiUrl + PAGES[name]!.path(dashboard.seeded.ids));
      await waitUntilSettled(page);
      expect(await takeLayoutShift(page)).toBeLessThan(MAX_SHIFT);
    }),
  );
});

describe('not signed in', () => {
  it.each([
    ['sign-in', '/sign-in'],
    ['session-expired', '/portal'],
  ])('%s', (name, path) =>
    withNewUser(dashboard.browser, async (page) => {
      await page.goto(dashboard.seeded.stack.apiUrl + path);
      await checkPage(page, name);
    }),
  );
});
