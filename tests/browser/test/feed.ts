// The feed of a webhook, its position and its keys, in the dashboard and the portal.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiClient, createActiveWebhook, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';
import { waitUntilSettled } from './wait-until-settled.js';

const EVENT_TYPE = 'ledger.entry';

let customer: BrowserUser;
let receiver: Receiver;
let tenantId: string;
let webhookId: string;

async function openInPortal(page: Page, path: string, features = {}): Promise<void> {
  await page.goto(await portalLink(tenantId, path, { features }));
  await waitUntilSettled(page);
}

const PLACES = {
  dashboard: (task: (page: Page) => Promise<void>) =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/webhooks/${webhookId}/settings`);
      await task(page);
    }),
  portal: (task: (page: Page) => Promise<void>) =>
    customer.run(async (page) => {
      await openInPortal(page, `/webhooks/${webhookId}/settings`);
      await task(page);
    }),
};

const panel = (page: Page) => page.getByRole('region', { name: 'Feed', exact: true });

/** Creates a key of the feed. Returns its value, which is shown once. */
async function createKey(page: Page): Promise<string> {
  await panel(page).getByRole('button', { name: 'Create feed key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create feed key' });
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await dialog.getByText('Enter a name.').waitFor();
  await expectAccessible(page);
  await dialog.getByLabel('Name').fill('ledger');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const shown = page.getByRole('dialog', { name: 'Feed key', exact: true });
  const key = await shown.getByText(/^phk_/).innerText();
  await shown.getByRole('button', { name: "I've saved it" }).click();
  await shown.waitFor({ state: 'hidden' });
  return key;
}

/** Returns the status of a call that reads a feed. */
async function statusOfFeed(key: string, id = webhookId): Promise<number> {
  return (await apiClient(dashboard.seeded.stack.apiUrl, key).get(`/v1/webhooks/${id}/feed`)).status;
}

describe('the feed of a webhook', () => {
  beforeAll(async () => {
    customer = await newBrowserUser(dashboard.browser);
    receiver = await startReceiver();
    tenantId = (await dashboard.seeded.api.post('/v1/tenants', { name: 'Feeds' })).body.id;
  });
  afterAll(() => receiver.close());

  beforeEach(async () => {
    const { api } = dashboard.seeded;
    const settings = { tenantId, eventTypes: [EVENT_TYPE], sequence: true };
    ({ id: webhookId } = await createActiveWebhook(api, receiver, settings));
    for (let n = 1; n <= 3; n++) await api.post('/v1/events', { type: EVENT_TYPE, tenantId, data: { n } });
    await api.post(`/v1/webhooks/${webhookId}/feed/cursor`, { sequence: 2 });
  });

  describe.each(Object.entries(PLACES))('in the %s', (place, onSettings) => {
    it('a key of the feed is created, shown once, listed and revoked', () =>
      onSettings(async (page) => {
        const { stack, ids } = dashboard.seeded;
        await panel(page).getByText('No feed key yet.').waitFor();
        await panel(page).getByText('Last number').waitFor();
        expect(await panel(page).getByRole('definition').allInnerTexts()).toEqual([
          `${stack.apiUrl}/v1/webhooks/${webhookId}/feed`,
          '3',
          '2',
        ]);

        const key = await createKey(page);
        const keys = panel(page).getByRole('list', { name: 'Feed keys' });
        await keys.getByText(`ledger ${key.slice(0, 12)}…`).waitFor();
        expect(await statusOfFeed(key)).toBe(200);
        expect(await statusOfFeed(key, ids.webhook)).toBe(404);
        await checkPage(page, `feed-${place}`);

        await keys.getByRole('button', { name: 'Revoke' }).click();
        const dialog = page.getByRole('dialog', { name: 'Revoke ledger?' });
        await dialog.waitFor();
        await expectAccessible(page);
        await dialog.getByRole('button', { name: 'Revoke key' }).click();
        await page.getByText('Feed key revoked').waitFor();
        await panel(page).getByText('No feed key yet.').waitFor();
        expect(await statusOfFeed(key)).toBe(401);
      }));
  });

  describe('a portal link', () => {
    it('without the secrets does not show the feed', () =>
      customer.run(async (page) => {
        await openInPortal(page, `/webhooks/${webhookId}/settings`, { secrets: false });
        await page.getByRole('button', { name: 'Save changes' }).waitFor();
        expect(await panel(page).count()).toBe(0);
      }));

    it.each([{ role: 'viewer' }, { features: { events: false } }])(
      'that may not read events or change anything creates no key: %j',
      (settings) =>
        customer.run(async (page) => {
          await page.goto(await portalLink(tenantId, `/webhooks/${webhookId}/settings`, settings));
          await panel(page).getByText('Last number').waitFor();
          await waitUntilSettled(page);
          expect(await panel(page).getByRole('button', { name: 'Create feed key' }).count()).toBe(0);
        }),
    );
  });

  it('a webhook without numbers has no feed', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks/${ids.webhook}/settings`);
      await page.getByRole('region', { name: 'Signing secrets' }).waitFor();
      await waitUntilSettled(page);
      expect(await panel(page).count()).toBe(0);
    }));
});
