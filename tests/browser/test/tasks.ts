// What a customer does with a webhook, from its creation to its deletion. Each step is checked for readable texts.
import { expect } from '@jest/globals';
import { eventually, type Receiver } from '@posthorn/testkit';
import type { Frame, Page, ViewportSize } from 'playwright-core';
import { viewportScreenshot } from './check-page.js';
import { dashboard } from './dashboard.js';
import { expectReadable } from './expect-readable.js';
import type { Say } from './languages.js';
import { waitUntilSettled } from './wait-until-settled.js';

export interface Tasks {
  page: Page;
  portal: Page | Frame;
  receiver: Receiver;
  tenantId: string;
  say: Say;
  /** Matches the texts that have a translation. Undefined for English. */
  english: RegExp | undefined;
  /** The tasks are done at the first size, and each step is checked at all of them. */
  sizes: ViewportSize[];
  /** Prefix of screenshots. */
  name: string;
}

export async function runTasks(tasks: Tasks): Promise<void> {
  await createWebhook(tasks);
  await retryDelivery(tasks);
  await recover(tasks);
  await rotateSecret(tasks);
  await suspendAndReactivate(tasks);
  // Other tests check the English ones.
  if (tasks.english) await visitPages(tasks);
  await deleteWebhook(tasks);
}

/** Checks what is shown at each size. */
async function look(tasks: Tasks, step: string): Promise<void> {
  const { page, sizes, name } = tasks;
  for (const size of sizes) {
    if (sizes.length > 1) await page.setViewportSize(size);
    await viewportScreenshot(page, `${name}-${size.width}-${step}`);
    await expectReadable(tasks);
  }
  if (sizes.length > 1) await page.setViewportSize(sizes[0]!);
}

const button = ({ portal }: Tasks, name: string) => portal.getByRole('button', { name, exact: true }).first();

const inDialog = ({ portal }: Tasks, name: string) =>
  portal.getByRole('dialog').getByRole('button', { name, exact: true });

/** The status in the page heading. */
const badge = ({ portal }: Tasks, status: string) =>
  portal.getByRole('heading', { level: 1 }).getByText(status, { exact: true });

/** Opens a page by the sidebar, which is a drawer on a phone. */
async function openPageOf(tasks: Tasks, label: string): Promise<void> {
  const { portal, say } = tasks;
  const menu = button(tasks, say('Open menu'));
  if (await menu.isVisible()) await menu.click();
  const pages = portal.getByRole('navigation', { name: say('Pages') });
  await pages.getByRole('link', { name: label, exact: true }).click();
  await portal.getByRole('heading', { level: 1, name: label }).waitFor();
}

async function createWebhook(tasks: Tasks): Promise<void> {
  const { portal, receiver, say } = tasks;
  receiver.handle(() => ({}));
  await openPageOf(tasks, say('Webhooks'));
  await portal
    .getByRole('link', { name: say('Create webhook') })
    .first()
    .click();
  await portal.getByLabel(say('URL'), { exact: true }).fill(receiver.url);
  const eventTypes = portal.getByRole('combobox', { name: say('Event types') });
  await eventTypes.fill('order.placed');
  await eventTypes.press('Enter');
  await eventTypes.press('Tab');
  await button(tasks, say('Show')).click();
  await portal.getByRole('combobox', { name: say('Sign with') }).waitFor();
  await look(tasks, 'create');
  await button(tasks, say('Create webhook')).click();
  await button(tasks, say("I've saved it")).waitFor();
  await look(tasks, 'secret');
  await button(tasks, say("I've saved it")).click();
  await button(tasks, say('Send code')).click();
  await portal.getByRole('status').getByText('HTTP 200').waitFor();
  await portal.getByLabel(say('Validation code'), { exact: true }).fill(codeOf(receiver));
  await look(tasks, 'validate');
  await button(tasks, say('Validate URL')).click();
  await portal.getByRole('link', { name: say('Finish later') }).click();
  await badge(tasks, say('Active')).waitFor();
  // No automatic retry comes before the customer's.
  const id = new URL(portal.url()).pathname.split('/').at(-1);
  await dashboard.seeded.api.patch(`/v1/webhooks/${id}`, { retrySchedule: [3600] });
}

const codeOf = ({ requests }: Receiver): string => requests.at(-1)?.json().data.code;

/** Sees why a delivery failed, and retries it. */
async function retryDelivery(tasks: Tasks): Promise<void> {
  const { portal, receiver, say } = tasks;
  await failOne(tasks);
  await openPageOf(tasks, say('Deliveries'));
  await portal.getByRole('table', { name: say('Deliveries') }).waitFor();
  await look(tasks, 'deliveries');
  await portal.getByRole('link', { name: 'order.placed' }).first().click();
  await portal
    .getByText(say('Attempt {{number}} failed · {{response}}', { number: 1, response: 'HTTP 500' }))
    .waitFor();
  await portal.getByText('the disk is full').waitFor();
  receiver.handle(() => ({}));
  await button(tasks, say('Retry now')).click();
  await inDialog(tasks, say('Retry now')).waitFor();
  await look(tasks, 'retry');
  await inDialog(tasks, say('Retry now')).click();
  await badge(tasks, say('Succeeded')).waitFor();
  await look(tasks, 'delivery');
}

/** Publishes an event whose delivery fails. */
async function failOne({ receiver, tenantId }: Tasks): Promise<void> {
  const { api } = dashboard.seeded;
  receiver.handle(() => ({ status: 500, body: '{"error":"the disk is full"}' }));
  await api.post('/v1/events', { type: 'order.placed', tenantId, data: { id: 'or_9' } });
  await eventually(async () => {
    const { body } = await api.get(`/v1/deliveries?tenantId=${tenantId}&status=pending`);
    expect(body.data[0]?.attemptCount).toBe(1);
  });
}

async function openWebhook(tasks: Tasks): Promise<void> {
  const { portal, say } = tasks;
  await openPageOf(tasks, say('Webhooks'));
  await portal
    .getByRole('table', { name: say('Webhooks') })
    .getByRole('link')
    .first()
    .click();
  await badge(tasks, say('Active')).waitFor();
}

async function recover(tasks: Tasks): Promise<void> {
  const { portal, receiver, say } = tasks;
  await failOne(tasks);
  receiver.handle(() => ({}));
  await openWebhook(tasks);
  await button(tasks, say('Recover this webhook')).click();
  const deliveries = say('{{count, number}} deliveries', { count: 1 });
  const webhooks = say('{{count, number}} webhooks', { count: 1 });
  await portal.getByText(`${deliveries} · ${webhooks}`).waitFor();
  await look(tasks, 'recover');
  await button(tasks, say('Recover {{count, number}} deliveries', { count: 1 })).click();
  await badge(tasks, say('Completed')).waitFor();
  await look(tasks, 'recovery');
}

async function rotateSecret(tasks: Tasks): Promise<void> {
  const { portal, say } = tasks;
  await openWebhook(tasks);
  await look(tasks, 'webhook');
  await button(tasks, say('More actions')).click();
  await portal.getByRole('menuitem', { name: say('Rotate signing secret') }).click();
  await portal.getByLabel(say('Your own signing secret'), { exact: true }).waitFor();
  await look(tasks, 'rotate');
  await inDialog(tasks, say('Rotate secret')).click();
  await button(tasks, say("I've saved it")).click();
  await portal.getByRole('dialog').waitFor({ state: 'hidden' });
}

async function suspendAndReactivate(tasks: Tasks): Promise<void> {
  const { say } = tasks;
  await button(tasks, say('Suspend webhook')).click();
  await inDialog(tasks, say('Suspend webhook')).waitFor();
  await look(tasks, 'suspend');
  await inDialog(tasks, say('Suspend webhook')).click();
  await badge(tasks, say('Suspended')).waitFor();
  await button(tasks, say('Reactivate webhook')).click();
  await inDialog(tasks, say('Reactivate webhook')).waitFor();
  await look(tasks, 'reactivate');
  await inDialog(tasks, say('Reactivate webhook')).click();
  await badge(tasks, say('Active')).waitFor();
}

/** Looks at pages with many texts that no other task needs. */
async function visitPages(tasks: Tasks): Promise<void> {
  const { portal, say } = tasks;
  const tabs = portal.getByRole('navigation', { name: say('Webhook'), exact: true });
  for (const tab of ['Replays', 'Settings']) {
    await tabs.getByRole('link', { name: say(tab) }).click();
    await waitUntilSettled(portal);
    await look(tasks, tab);
  }
  for (const label of ['Event types', 'Notifications']) {
    await openPageOf(tasks, say(label));
    await waitUntilSettled(portal);
    await look(tasks, label);
  }
  const menu = button(tasks, say('Open menu'));
  if (await menu.isVisible()) {
    await menu.click();
    await look(tasks, 'menu');
  }
  await openWebhook(tasks);
}

async function deleteWebhook(tasks: Tasks): Promise<void> {
  const { portal, receiver, say } = tasks;
  await button(tasks, say('More actions')).click();
  await portal.getByRole('menuitem', { name: say('Delete webhook') }).click();
  const { host } = new URL(receiver.url);
  await portal
    .getByRole('dialog')
    .getByLabel(say('Type {{name}} to confirm', { name: host }))
    .fill(host);
  await look(tasks, 'delete');
  await inDialog(tasks, say('Delete webhook')).click();
  await portal.getByText(say('No webhooks yet')).waitFor();
}
