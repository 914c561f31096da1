// Every page, in light and dark and on a narrow screen: everybody can use it, and nothing sticks out. See docs/testing.md.
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type LivedInStack, startLivedInStack } from './lived-in-stack.js';
import { settled } from './settled.js';
import { signIn } from './sign-in.js';
import { launchBrowser, SCREENSHOTS, visit } from './visit.js';

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

const README_IMAGES = path.resolve(import.meta.dirname, '../../docs/images');
const MOST_README_BYTES = 200 * 1024;

let system: LivedInStack;
let browser: Browser;
let signedIn: BrowserContextOptions;

beforeAll(async () => {
  browser = await launchBrowser();
  system = await startLivedInStack();
  await visit(browser, async (page) => {
    await signIn(page, system.stack.apiUrl, system.stack.adminKey);
    signedIn = { storageState: await page.context().storageState() };
  });
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await system?.close();
}, 60_000);

/** A page, by the name of its screenshots: its path, and what is done there first. */
interface Shown {
  at: (ids: LivedInStack['ids']) => string;
  first?: (page: Page) => Promise<void>;
  /** It is shown in the README. */
  inReadme?: true;
}

const clicking = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();

const PAGES: Record<string, Shown> = {
  overview: { at: () => '/', inReadme: true },
  webhooks: { at: () => '/webhooks' },
  'webhooks-none': { at: () => '/webhooks?search=nothing' },
  'webhook-new': { at: () => '/webhooks/new', first: clicking('Show') },
  webhook: { at: ({ webhook }) => `/webhooks/${webhook}`, inReadme: true },
  'webhook-suspend': { at: ({ webhook }) => `/webhooks/${webhook}`, first: clicking('Suspend') },
  'webhook-test': { at: ({ webhook }) => `/webhooks/${webhook}`, first: clicking('Send a test event') },
  'webhook-replays': { at: ({ webhook }) => `/webhooks/${webhook}/replays` },
  'webhook-settings': { at: ({ webhook }) => `/webhooks/${webhook}/settings` },
  'webhook-unverified': { at: ({ unverified }) => `/webhooks/${unverified}` },
  'webhook-suspended': { at: ({ suspended }) => `/webhooks/${suspended}` },
  events: { at: () => '/events' },
  'events-publish': { at: () => '/events', first: clicking('Publish an event') },
  event: { at: ({ event }) => `/events/${event}` },
  'event-explain': { at: ({ event }) => `/events/${event}?view=explain` },
  deliveries: { at: () => '/deliveries' },
  delivery: { at: ({ delivery }) => `/deliveries/${delivery}`, inReadme: true },
  'event-types': { at: () => '/event-types' },
  'event-type': { at: () => '/event-types/invoice.paid' },
  'api-keys': { at: () => '/api-keys' },
  'api-keys-new': { at: () => '/api-keys', first: clicking('New API key') },
  tenants: { at: () => '/tenants' },
  'tenants-link': { at: () => '/tenants', first: clicking('Portal link for Kestrel Bikes') },
  'not-found': { at: () => '/webhooks/wh_00000000000000000000000000' },
  'no-such-page': { at: () => '/no-such-page' },
};

describe('signed in', () => {
  it.each(Object.keys(PAGES))('%s', (name) =>
    visit(
      browser,
      async (page) => {
        const { at, first, inReadme } = PAGES[name] ?? PAGES['overview']!;
        await page.goto(system.stack.apiUrl + at(system.ids));
        await settled(page);
        await first?.(page);
        await lookAround(page, name);
        if (inReadme && process.env['README_SCREENSHOTS']) await showInReadme(page, name);
      },
      signedIn,
    ),
  );
});

describe('not signed in', () => {
  it.each([
    ['sign-in', '/sign-in'],
    ['link-ended', '/portal'],
  ])('%s', (name, at) =>
    visit(browser, async (page) => {
      await page.goto(system.stack.apiUrl + at);
      await settled(page);
      await lookAround(page, name);
    }),
  );
});

/** In light, in dark, and on a narrow screen. */
async function lookAround(page: Page, name: string): Promise<void> {
  await settled(page);
  await expectAccessible(page);
  await screenshot(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page);
  await expectAccessible(page);
  await screenshot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(NARROW);
  await settled(page);
  await screenshot(page, `${name}-narrow`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
  await expectAccessible(page);
  await page.setViewportSize(WIDE);
}

async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

async function showInReadme(page: Page, name: string): Promise<void> {
  mkdirSync(README_IMAGES, { recursive: true });
  const file = path.join(README_IMAGES, `${name}.png`);
  await settled(page);
  await page.screenshot({ path: file });
  expect(statSync(file).size).toBeLessThan(MOST_README_BYTES);
}
