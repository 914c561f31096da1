// A webhook that is read with its feed: created without a URL, and shown with what applies to it.
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';

/** Creates a webhook without a URL in the form. Returns its path. */
async function createPull(page: Page, eventType: string): Promise<string> {
  await page.getByRole('radio', { name: 'Read with the feed' }).check();
  expect(await page.getByLabel('URL', { exact: true }).count()).toBe(0);
  const eventTypes = page.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill(eventType);
  await eventTypes.press('Enter');
  await eventTypes.press('Tab');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByLabel('External ID').waitFor();
  expect(await page.getByLabel('Timeout').count()).toBe(0);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('dialog').getByRole('button', { name: "I've saved it" }).click();
  await page.waitForURL(/\/webhooks\/wh_\w+(?:\?|$)/);
  const [, path = ''] = /(\/webhooks\/wh_\w+)/.exec(page.url()) ?? [];
  return path;
}

describe('a webhook that is read with its feed', () => {
  it('is created by the operator, shows its available deliveries, and gets a URL later', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks/new?tenant=${ids.tenant}`);
      const path = await createPull(page, 'pull.operator');
      await page.getByText('Read with the feed').waitFor();
      for (const name of ['Send test event', 'Recover']) {
        expect(await page.getByRole('button', { name }).count()).toBe(0);
      }
      expect(await page.getByRole('link', { name: 'Replays', exact: true }).count()).toBe(0);
      expect(await page.getByRole('heading', { name: 'Metrics' }).count()).toBe(0);

      await api.post('/v1/events', { type: 'pull.operator', tenantId: ids.tenant, data: {} });
      await openPage(page, `${stack.apiUrl}${path}/deliveries?status=available`);
      const table = page.getByRole('table', { name: 'Deliveries' });
      await table.getByText('Available', { exact: true }).waitFor();
      expect(await page.getByRole('link', { name: 'Replay deliveries' }).count()).toBe(0);
      await table.getByRole('link', { name: 'pull.operator' }).click();
      await page.getByText("The webhook gets no requests, so this delivery can't be retried.").waitFor();
      expect(await page.getByRole('button', { name: 'Retry' }).count()).toBe(0);

      await openPage(page, `${stack.apiUrl}/webhooks?tenant=${ids.tenant}`);
      await page.getByRole('combobox', { name: 'Delivery method' }).click();
      await page.getByRole('option', { name: 'Read with the feed' }).click();
      await page.waitForURL(/[?&]delivery=pull/);
      const webhooks = page.getByRole('table', { name: 'Webhooks' });
      await webhooks.locator(`a[href*="${path}"]`).first().waitFor();

      await openPage(page, `${stack.apiUrl}${path}/settings`);
      await page.getByRole('radio', { name: 'Send requests to a URL' }).check();
      await page.getByLabel('URL', { exact: true }).fill('https://pull.example.com/');
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('Settings saved').waitFor();
      await page.getByRole('heading', { name: 'Validate the URL' }).waitFor();
      await api.delete(`/v1${path}`);
    }));

  it('is created by a customer, who has nothing to set up, and is suspended before it changes', () =>
    withNewUser(dashboard.browser, async (page) => {
      const { api, ids } = dashboard.seeded;
      await page.goto(await portalLink(ids.tenant, '/webhooks/new'));
      const path = await createPull(page, 'pull.customer');
      expect(await page.getByRole('link', { name: 'Continue setup' }).count()).toBe(0);
      await page.getByRole('button', { name: 'Suspend webhook' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Suspend webhook' }).click();
      await page.getByText(/No events have been added to its feed since/).waitFor();
      await api.delete(`/v1${path}`);
    }));

  it('cannot replace an active one that gets requests', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks/${ids.webhook}/settings`);
      const pull = page.getByRole('radio', { name: 'Read with the feed' });
      await pull.waitFor();
      expect(await pull.isDisabled()).toBe(true);
      await page.getByText('Suspend the webhook before you remove its URL.').waitFor();
    }));
});
