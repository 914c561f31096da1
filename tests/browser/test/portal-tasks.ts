// The main tasks of a customer, in an embedded portal and in one opened by its link, on each size of screen.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Frame, Page } from 'playwright-core';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import { NARROW, viewportScreenshot } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openHost } from './portal-frame.js';
import { portalLink } from './portal-links.js';
import { waitUntilSettled } from './wait-until-settled.js';

const SIZES = { phone: NARROW, laptop: { width: 1366, height: 768 }, desktop: { width: 1440, height: 900 } };

const CASES = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap((size) =>
  ['embedded', 'on its own'].map((place) => ({ size, place })),
);

describe("a customer's tasks", () => {
  let customer: BrowserUser;
  let receiver: Receiver;

  beforeAll(async () => {
    customer = await newBrowserUser(dashboard.browser);
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());

  it.each(CASES)('are possible: $place, $size', ({ size, place }) =>
    customer.run(async (page) => {
      const { host, seeded } = dashboard;
      const { body: tenant } = await seeded.api.post('/v1/tenants', { name: `Tasks ${place} ${size}` });
      const link = () => portalLink(tenant.id, '', { parentOrigins: [host.origin] });
      await page.setViewportSize(SIZES[size]);
      if (place === 'embedded') host.onLink(link);
      else await page.goto(await link());
      const portal = place === 'embedded' ? await openHost(page, `${host.origin}/component`) : page;
      await waitUntilSettled(portal);
      await runTasks({ page, portal, receiver, tenantId: tenant.id, name: `tasks-${place}-${size}` });
    }),
  );
});

async function runTasks(tasks: Tasks): Promise<void> {
  await createWebhook(tasks);
  await retryDelivery(tasks);
  await recover(tasks);
  await rotateSecret(tasks);
  await suspendAndReactivate(tasks);
  await deleteWebhook(tasks);
}

interface Tasks {
  page: Page;
  portal: Page | Frame;
  receiver: Receiver;
  tenantId: string;
  /** Prefix of screenshots. */
  name: string;
}

const button = (portal: Page | Frame, name: string) =>
  portal.getByRole('button', { name, exact: true }).first();

/** The status in the page heading. */
const badge = (portal: Page | Frame, status: string) =>
  portal.getByRole('heading', { level: 1 }).getByText(status, { exact: true });

/** Opens a page by the sidebar, which is a drawer on a phone. */
async function openPageOf({ page, portal, name }: Tasks, label: string): Promise<void> {
  const menu = button(portal, 'Open menu');
  if (await menu.isVisible()) {
    await menu.click();
    await viewportScreenshot(page, `${name}-menu`);
  }
  const pages = portal.getByRole('navigation', { name: 'Pages' });
  await pages.getByRole('link', { name: label, exact: true }).click();
  await portal.getByRole('heading', { level: 1, name: label }).waitFor();
}

async function createWebhook(tasks: Tasks): Promise<void> {
  const { page, portal, receiver, name } = tasks;
  receiver.handle(() => ({}));
  await openPageOf(tasks, 'Webhooks');
  await portal.getByRole('link', { name: 'Create webhook' }).first().click();
  await portal.getByLabel('URL', { exact: true }).fill(receiver.url);
  const eventTypes = portal.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('order.placed');
  await eventTypes.press('Enter');
  await eventTypes.press('Tab');
  await viewportScreenshot(page, `${name}-create`);
  await button(portal, 'Create webhook').click();
  await button(portal, "I've saved it").click();
  await button(portal, 'Send code').click();
  await portal.getByRole('status').getByText('HTTP 200').waitFor();
  await portal.getByLabel('Validation code', { exact: true }).fill(codeOf(receiver));
  await viewportScreenshot(page, `${name}-validate`);
  await button(portal, 'Validate URL').click();
  await portal.getByRole('link', { name: 'Finish later' }).click();
  await badge(portal, 'Active').waitFor();
  // No automatic retry comes before the customer's.
  const id = new URL(portal.url()).pathname.split('/').at(-1);
  await dashboard.seeded.api.patch(`/v1/webhooks/${id}`, { retrySchedule: [3600] });
}

const codeOf = ({ requests }: Receiver): string => requests.at(-1)?.json().data.code;

/** Sees why a delivery failed, and retries it. */
async function retryDelivery(tasks: Tasks): Promise<void> {
  const { page, portal, receiver, name } = tasks;
  await failOne(tasks);
  await openPageOf(tasks, 'Deliveries');
  await portal.getByRole('link', { name: 'order.placed' }).first().click();
  await portal.getByText('Attempt 1 failed · HTTP 500').waitFor();
  await portal.getByText('the disk is full').waitFor();
  receiver.handle(() => ({}));
  await button(portal, 'Retry now').click();
  await viewportScreenshot(page, `${name}-retry`);
  await portal.getByRole('dialog').getByRole('button', { name: 'Retry now' }).click();
  await badge(portal, 'Succeeded').waitFor();
  await viewportScreenshot(page, `${name}-delivery`);
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
  await openPageOf(tasks, 'Webhooks');
  await tasks.portal.getByRole('table', { name: 'Webhooks' }).getByRole('link').first().click();
  await badge(tasks.portal, 'Active').waitFor();
}

async function recover(tasks: Tasks): Promise<void> {
  const { page, portal, receiver, name } = tasks;
  await failOne(tasks);
  receiver.handle(() => ({}));
  await openWebhook(tasks);
  await button(portal, 'Recover this webhook').click();
  await portal.getByText('1 delivery to 1 webhook.').waitFor();
  await viewportScreenshot(page, `${name}-recover`);
  await button(portal, 'Recover 1 delivery').click();
  await portal.getByRole('heading', { level: 1 }).getByText('Completed').waitFor();
  await viewportScreenshot(page, `${name}-recovery`);
}

async function rotateSecret(tasks: Tasks): Promise<void> {
  const { page, portal, name } = tasks;
  await openWebhook(tasks);
  await viewportScreenshot(page, `${name}-webhook`);
  await button(portal, 'More actions').click();
  await portal.getByRole('menuitem', { name: 'Rotate signing secret' }).click();
  await button(portal, 'Rotate secret').click();
  await viewportScreenshot(page, `${name}-rotate`);
  await button(portal, "I've saved it").click();
  await portal.getByRole('dialog').waitFor({ state: 'hidden' });
}

async function suspendAndReactivate({ page, portal, name }: Tasks): Promise<void> {
  await button(portal, 'Suspend webhook').click();
  await viewportScreenshot(page, `${name}-suspend`);
  await portal.getByRole('dialog').getByRole('button', { name: 'Suspend webhook' }).click();
  await badge(portal, 'Suspended').waitFor();
  await button(portal, 'Reactivate webhook').click();
  await portal.getByRole('dialog').getByRole('button', { name: 'Reactivate webhook' }).click();
  await badge(portal, 'Active').waitFor();
}

async function deleteWebhook({ page, portal, receiver, name }: Tasks): Promise<void> {
  await button(portal, 'More actions').click();
  await portal.getByRole('menuitem', { name: 'Delete webhook' }).click();
  const dialog = portal.getByRole('dialog');
  const { host } = new URL(receiver.url);
  await dialog.getByLabel(`Type ${host} to confirm`).fill(host);
  await viewportScreenshot(page, `${name}-delete`);
  await dialog.getByRole('button', { name: 'Delete webhook' }).click();
  await portal.getByText('No webhooks yet').waitFor();
}
