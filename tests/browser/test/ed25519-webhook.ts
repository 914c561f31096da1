// A webhook that signs only with an Ed25519 key is created in one step, and its public key is shown.
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { withNewUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';

const PRIVATE_KEY = 'whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=';
const PUBLIC_KEY = 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';

async function fillWebhook(page: Page): Promise<void> {
  await page.getByLabel('URL', { exact: true }).fill('https://ed25519.example.com/');
  const eventTypes = page.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('invoice.*');
  await eventTypes.press('Enter');
  await eventTypes.press('Tab');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await select(page, 'Sign with', 'Only an Ed25519 key');
}

async function select(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

const create = (page: Page) => page.getByRole('button', { name: 'Create webhook' }).click();

/** Expects a webhook that has no signing secret, and deletes it. */
async function expectNoSecret(page: Page): Promise<void> {
  const { api } = dashboard.seeded;
  const [, path] = /(\/webhooks\/wh_\w+)/.exec(page.url()) ?? [];
  expect((await api.get(`/v1${path}/secrets`)).body.data).toEqual([]);
  await api.delete(`/v1${path}`);
}

describe('a webhook with only an Ed25519 key', () => {
  it('is created with the own key of the operator, and its settings show the public key', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks/new?tenant=${ids.tenant}`);
      await fillWebhook(page);
      await page.getByLabel('Your own private key', { exact: true }).fill('whsk_wrong');
      await create(page);
      await page
        .getByRole('alert')
        .getByText(/signingKey\.privateKey/)
        .waitFor();
      await page.getByLabel('Your own private key', { exact: true }).fill(PRIVATE_KEY);
      await create(page);
      await page.waitForURL(/\/settings\b/);
      await page.getByRole('list', { name: 'Ed25519 keys' }).getByText(PUBLIC_KEY).waitFor();
      await expectNoSecret(page);
    }));

  it('is set up by a customer with the new public key', () =>
    withNewUser(dashboard.browser, async (page) => {
      await page.goto(await portalLink(dashboard.seeded.ids.tenant, '/webhooks/new'));
      await fillWebhook(page);
      await create(page);
      await page.waitForURL(/\/setup\b/);
      await page.getByText('It verifies them with the public key.').waitFor();
      await page
        .getByRole('list', { name: 'Ed25519 keys' })
        .getByText(/^whpk_/)
        .waitFor();
      await expectNoSecret(page);
    }));

  it('has a signing secret if the user decides otherwise', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks/new?tenant=${ids.tenant}`);
      await fillWebhook(page);
      const format = page.getByRole('textbox', { name: 'Delivery format as JSON' });
      expect(await format.inputValue()).toContain('"ed25519"');
      await select(page, 'Sign with', 'Signing secret');
      expect(await format.inputValue()).toBe('');
      await page.getByLabel('Your own signing secret', { exact: true }).waitFor();
    }));
});
