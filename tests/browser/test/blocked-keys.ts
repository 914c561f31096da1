// Ordered deliveries: the settings of a webhook, its blocked keys, and the deliveries that block and wait, in the dashboard and the portal.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createActiveWebhook, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { insertBlockedKeys } from './insert-blocked-keys.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';
import { waitUntilSettled } from './wait-until-settled.js';

const PLACES = ['dashboard', 'portal'] as const;

type Place = (typeof PLACES)[number];

let customer: BrowserUser;
let receiver: Receiver;
let tenantId: string;

/** Runs a task on a page of the dashboard or the portal. */
function onPage(place: Place, path: string, task: (page: Page) => Promise<void>): Promise<void> {
  const user = place === 'portal' ? customer : dashboard.operator;
  return user.run(async (page) => {
    await open(page, place, path);
    await task(page);
  });
}

async function open(page: Page, place: Place, path: string): Promise<void> {
  if (place === 'dashboard') return openPage(page, dashboard.seeded.stack.apiUrl + path);
  await page.goto(await portalLink(tenantId, path));
  await waitUntilSettled(page);
}

/** Creates an active webhook with blocked keys. Returns its id. */
async function blockedWebhook(ordering: string, keys: string[]): Promise<string> {
  const { api, stack } = dashboard.seeded;
  const url = `${receiver.url}${keys.join('-')}-${Date.now()}`;
  const { id } = await createActiveWebhook(api, receiver, {
    url,
    tenantId,
    ordering,
    eventTypes: ['account.*'],
    retrySchedule: [3600],
  });
  await insertBlockedKeys(stack, url, keys);
  return id;
}

const blockedKeys = (page: Page) => page.getByRole('table', { name: 'Blocked keys' });

const rowOf = (page: Page, key: string) => blockedKeys(page).getByRole('row').filter({ hasText: key });

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

describe('a webhook with an order', () => {
  beforeAll(async () => {
    customer = await newBrowserUser(dashboard.browser);
    receiver = await startReceiver();
    tenantId = (await dashboard.seeded.api.post('/v1/tenants', { name: 'Ledger' })).body.id;
  });
  afterAll(() => receiver.close());

  describe.each(PLACES)('in the %s', (place) => {
    it('the order of a webhook is set, with an error at its field, and changed', () =>
      onPage(place, `/webhooks/new?tenant=${tenantId}`, async (page) => {
        await page.getByLabel('URL', { exact: true }).fill('https://ordered.example.com/');
        const eventTypes = page.getByRole('combobox', { name: 'Event types' });
        await eventTypes.fill('account.*');
        await eventTypes.press('Enter');
        await eventTypes.press('Tab');
        await page.getByRole('button', { name: 'Show', exact: true }).click();
        await page.getByRole('checkbox', { name: 'Number the deliveries' }).waitFor();
        await page.getByRole('radio', { name: 'One after the other for each key' }).check();
        expect(await page.getByRole('checkbox', { name: 'Number the deliveries' }).count()).toBe(0);
        await page.getByRole('radio', { name: 'The delivery is retried further' }).check();
        await page.getByLabel('Longest block').fill('50000');
        await expectAccessible(page);
        await page.getByRole('button', { name: 'Create webhook' }).click();
        await page.getByText('must be <= 43200').waitFor();
        await page.getByLabel('Longest block').fill('60');
        await page.getByRole('button', { name: 'Create webhook' }).click();
        await page.getByRole('button', { name: "I've saved it" }).click();
        await page.waitForURL(/\/webhooks\/wh_/);
        const [, id] = /\/webhooks\/(wh_\w+)/.exec(page.url()) ?? [];
        const settings = async () => (await dashboard.seeded.api.get(`/v1/webhooks/${id}`)).body;
        expect(await settings()).toMatchObject({
          ordering: 'byKey',
          onExhausted: 'block',
          maxBlockedMinutes: 60,
        });

        await open(page, place, `/webhooks/${id}/settings`);
        // Alerts that load later move the fields, perhaps during the click.
        await eventually(() => page.getByRole('radio', { name: 'No order' }).check());
        await page.getByRole('checkbox', { name: 'Number the deliveries' }).check();
        await page.getByRole('button', { name: 'Save changes' }).click();
        await page.getByText('Settings saved').waitFor();
        expect(await settings()).toMatchObject({ ordering: 'none', sequence: true });
      }));

    it('blocked keys are listed, retried and skipped on the page of the webhook', async () => {
      const id = await blockedWebhook('byKey', ['account-1', 'account-2']);
      await onPage(place, `/webhooks/${id}`, async (page) => {
        await page.getByRole('status').getByText('Blocked keys: 2.').waitFor();
        await rowOf(page, 'account-1').getByText('503').waitFor();
        await checkPage(page, `blocked-keys-${place}`);
        await page.setViewportSize({ width: 1280, height: 800 });

        await rowOf(page, 'account-2').getByRole('button', { name: 'Retry now' }).click();
        await page.getByText('Retry requested').waitFor();
        await rowOf(page, 'account-2').waitFor({ state: 'detached' });

        await rowOf(page, 'account-1').getByRole('button', { name: 'Skip' }).click();
        const dialog = page.getByRole('dialog', { name: 'Skip this delivery?' });
        await dialog.getByText('The receiver will not get this event.').waitFor();
        await dialog.getByText('follow in their order: 2.').waitFor();
        await expectAccessible(page);
        await dialog.getByRole('button', { name: 'Skip delivery' }).click();
        await dialog.waitFor({ state: 'hidden' });
        await page.getByText('No key is blocked').waitFor();
      });
    });

    it('a delivery shows its place in the order and what it waits for, and the one that blocks it is skipped', async () => {
      const id = await blockedWebhook('strict', ['']);
      const { body } = await dashboard.seeded.api.get(`/v1/deliveries?webhookId=${id}`);
      const last = body.data.find(({ sequence }: { sequence: number }) => sequence === 3);
      await onPage(place, `/deliveries/${last.id}`, async (page) => {
        await page.getByText('Waits for an earlier delivery').waitFor();
        await page.getByText('must succeed or finally fail first').waitFor();
        expect(await page.getByRole('button', { name: /^(Retry|Skip)/ }).count()).toBe(0);
        await expectAccessible(page);
        await page.getByRole('link', { name: last.waitsFor }).first().click();
        await page.getByText('Attempt 1 failed · HTTP 503').waitFor();
        await page.getByRole('button', { name: 'Retry now' }).waitFor();
        await page.getByRole('button', { name: 'Skip' }).click();
        const dialog = page.getByRole('dialog', { name: 'Skip this delivery?' });
        await dialog.getByText('The deliveries that wait for it follow in their order.').waitFor();
        await dialog.getByRole('button', { name: 'Skip delivery' }).click();
        await heading(page).getByText('Dropped').waitFor();
        await page.getByText('The delivery blocked later ones and was skipped').waitFor();
      });
    });
  });

  it('without the features of a portal link, the order is shown and nothing can be changed', async () => {
    const id = await blockedWebhook('byKey', ['account-3']);
    await customer.run(async (page) => {
      const features = { edit: false, retry: false };
      await page.goto(await portalLink(tenantId, `/webhooks/${id}`, { features }));
      await rowOf(page, 'account-3').waitFor();
      expect(await page.getByRole('button', { name: /^(Retry now|Skip)$/ }).count()).toBe(0);
      await page.getByRole('link', { name: 'Settings', exact: true }).last().click();
      await page.getByText('One after the other for each key').waitFor();
      await page.getByText('The delivery fails, and the next one follows').waitFor();
      await page.getByText('3d', { exact: true }).waitFor();
    });
  });
});
