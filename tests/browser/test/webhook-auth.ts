// The authentication of a webhook at its receiver: entered once, shown without its secret, tested and replaced.
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { startReceiver } from '@posthorn/testkit';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';

const CLIENT = { type: 'oauth2', clientId: 'posthorn', clientSecret: 'client-secret' };

const settings = (id: string) => `${dashboard.seeded.stack.apiUrl}/webhooks/${id}/settings`;

async function newWebhook(auth: object | null): Promise<string> {
  const { api, ids } = dashboard.seeded;
  const body = { url: 'https://auth.example.com/', eventTypes: ['auth.*'], tenantId: ids.tenant, auth };
  return (await api.post('/v1/webhooks', body)).body.id;
}

async function select(page: Page, option: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Type of authentication' }).click();
  await page.getByRole('option', { name: option }).click();
}

const save = (page: Page) => page.getByRole('button', { name: 'Save changes' }).click();

describe('the authentication of a webhook', () => {
  it('is set, with its errors beside the fields, and then shown without its secret', () =>
    dashboard.operator.run(async (page) => {
      const { api } = dashboard.seeded;
      const id = await newWebhook(null);
      await openPage(page, settings(id));
      await select(page, 'User name and password');
      await page.getByLabel('User name', { exact: true }).fill('a:b');
      await page.getByLabel('Password', { exact: true }).fill('a secret');
      await expectAccessible(page);
      await save(page);
      await page.getByText('without colons').waitFor();
      await page.getByLabel('User name', { exact: true }).fill('posthorn');
      await save(page);
      await page.getByText('Settings saved').waitFor();
      await openPage(page, settings(id));
      await page.getByRole('button', { name: 'Replace authentication' }).waitFor();
      expect(await page.content()).not.toContain('a secret');
      expect((await api.get(`/v1/webhooks/${id}`)).body.auth).toEqual({
        type: 'basic',
        username: 'posthorn',
      });
      await api.delete(`/v1/webhooks/${id}`);
    }));

  it('with OAuth 2.0 is tested, and kept when something else is saved', () =>
    withNewUser(dashboard.browser, async (page) => {
      const { api, ids } = dashboard.seeded;
      const login = await startReceiver({ handler: () => ({ status: 401 }) });
      const id = await newWebhook({ ...CLIENT, tokenUrl: login.url });
      await page.goto(await portalLink(ids.tenant, `/webhooks/${id}/settings`));
      await page.getByRole('button', { name: 'Test authentication' }).click();
      await page.getByText('The token endpoint rejected the client').waitFor();
      login.handle(() => ({ body: '{"access_token":"a","token_type":"Bearer"}' }));
      await page.getByRole('button', { name: 'Test authentication' }).click();
      await page.getByText('The token endpoint issued an access token.').waitFor();
      await expectAccessible(page);
      await page.getByLabel('Description', { exact: true }).fill('changed');
      await save(page);
      await page.getByText('Settings saved').waitFor();
      expect((await api.get(`/v1/webhooks/${id}`)).body.auth).toMatchObject({ clientId: 'posthorn' });
      await api.delete(`/v1/webhooks/${id}`);
      await login.close();
    }));
});
