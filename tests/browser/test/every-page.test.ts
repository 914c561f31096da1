// Every page of the dashboard, in light and dark and on a narrow screen. See docs/testing.md.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { layoutShift } from './layout-shift.js';
import { type LivedInStack, startLivedInStack } from './lived-in-stack.js';
import { lookAround, takeImage } from './look-around.js';
import { settled } from './settled.js';
import { signIn } from './sign-in.js';
import { launchBrowser, newVisitor, visit, type Visitor } from './visit.js';

/** Above it things jump: https://web.dev/cls. */
const MOST_SHIFT = 0.1;

let system: LivedInStack;
let browser: Browser;
let operator: Visitor;

beforeAll(async () => {
  browser = await launchBrowser();
  system = await startLivedInStack();
  operator = await newVisitor(browser);
  await operator.does((page) => signIn(page, system.stack.apiUrl, system.stack.adminKey));
});

afterAll(async () => {
  await browser?.close();
  await system?.close();
});

/** A page, by the name of its screenshots: its path, and what is done there first. */
interface Shown {
  at: (ids: LivedInStack['ids']) => string;
  first?: (page: Page) => Promise<void>;
  /** The documentation shows it, too. */
  inDocs?: true;
}

const clicking = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click();

const PAGES: Record<string, Shown> = {
  overview: { at: () => '/', inDocs: true },
  webhooks: { at: () => '/webhooks' },
  'webhooks-none': { at: () => '/webhooks?search=nothing' },
  'webhook-new': { at: () => '/webhooks/new', first: clicking('Show') },
  webhook: { at: ({ webhook }) => `/webhooks/${webhook}`, inDocs: true },
  'webhook-suspend': { at: ({ webhook }) => `/webhooks/${webhook}`, first: clicking('Suspend') },
  'webhook-test': { at: ({ webhook }) => `/webhooks/${webhook}`, first: clicking('Send a test event') },
  'webhook-deliveries': { at: ({ webhook }) => `/webhooks/${webhook}/deliveries` },
  'webhook-replays': { at: ({ webhook }) => `/webhooks/${webhook}/replays` },
  'webhook-settings': { at: ({ webhook }) => `/webhooks/${webhook}/settings` },
  'webhook-unverified': { at: ({ unverified }) => `/webhooks/${unverified}` },
  'webhook-suspended': { at: ({ suspended }) => `/webhooks/${suspended}` },
  events: { at: () => '/events' },
  'events-publish': { at: () => '/events', first: clicking('Publish an event') },
  event: { at: ({ event }) => `/events/${event}` },
  'event-explain': { at: ({ event }) => `/events/${event}?view=explain` },
  deliveries: { at: () => '/deliveries' },
  'deliveries-selected': { at: () => '/deliveries', first: select },
  delivery: { at: ({ delivery }) => `/deliveries/${delivery}`, inDocs: true },
  'rejected-events': { at: () => '/rejected-events' },
  'rejected-event': { at: ({ rejectedEvent }) => `/rejected-events/${rejectedEvent}` },
  'event-types': { at: () => '/event-types' },
  'event-type': { at: () => '/event-types/invoice.paid' },
  'api-keys': { at: () => '/api-keys' },
  'api-keys-new': { at: () => '/api-keys', first: clicking('New API key') },
  tenants: { at: () => '/tenants' },
  'tenants-link': { at: () => '/tenants', first: clicking('Portal link for Kestrel Bikes') },
  audit: { at: () => '/audit' },
  'audit-entry': { at: () => '/audit', first: openSuspension },
  'not-found': { at: () => '/webhooks/wh_00000000000000000000000000' },
  'no-such-page': { at: () => '/no-such-page' },
};

async function select(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Select the first/ }).check();
}

async function openSuspension(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Webhook suspended' }).first().click();
  await page.getByRole('heading', { name: 'Changes' }).waitFor();
}

describe('signed in', () => {
  it.each(Object.entries(PAGES))('%s', (name, { at, first, inDocs }) =>
    operator.does(async (page) => {
      await page.goto(system.stack.apiUrl + at(system.ids));
      await settled(page);
      expect(await layoutShift(page)).toBeLessThan(MOST_SHIFT);
      await first?.(page);
      if (inDocs && process.env['DOCS_SCREENSHOTS']) await takeImage(page, name);
      await lookAround(page, name);
    }),
  );
});

describe('not signed in', () => {
  it.each([
    ['sign-in', '/sign-in'],
    ['session-expired', '/portal'],
  ])('%s', (name, at) =>
    visit(browser, async (page) => {
      await page.goto(system.stack.apiUrl + at);
      await lookAround(page, name);
    }),
  );
});
