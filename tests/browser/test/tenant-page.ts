// The page of a tenant: its state and actions, what it has, and what other pages say while it is suspended.
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';
import { signIn } from './sign-in.js';

const SUSPENDED = 'Deliveries are suspended by the operator';

let number = 0;
let name: string;
let id: string;
let webhookId: string;

/** Creates a tenant with a webhook before each test of a group. */
const useNewTenant = () =>
  beforeEach(async () => {
    const { api } = dashboard.seeded;
    number += 1;
    name = `Harbour ${number}`;
    const body = {
      name,
      tags: ['trial', `n${number}`],
      metadata: { crm: 4711 },
      contactEmail: 'it@harbour.example',
    };
    id = (await api.post('/v1/tenants', body)).body.id;
    const webhook = {
      tenantId: id,
      url: 'https://harbour.example/hooks',
      eventTypes: ['*'],
      tags: ['billing'],
    };
    webhookId = (await api.post('/v1/webhooks', webhook)).body.id;
  });

const open = (page: Page, path: string) => openPage(page, dashboard.seeded.stack.apiUrl + path);
const button = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true });
const status = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
const call = (action: string) => dashboard.seeded.api.post(`/v1/tenants/${id}/${action}`, {});

/** Runs an action of the page, whose dialog has the same button. */
async function act(page: Page, label: string, fill?: { field: string; text: string }): Promise<void> {
  await button(page, label).click();
  const dialog = page.getByRole('dialog', { name: /\?$/ });
  if (fill) await dialog.getByRole('textbox', { name: fill.field }).fill(fill.text);
  await dialog.getByRole('button', { name: label, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}

describe('a tenant', () => {
  useNewTenant();

  it('is suspended with a reason, and reactivated', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/tenants/${id}`);
      await act(page, 'Suspend tenant', { field: 'Reason', text: 'unpaid' });
      await status(page, 'Reason: unpaid.').waitFor();
      await checkPage(page, 'tenant-suspended');
      await act(page, 'Reactivate tenant');
      await status(page, 'unpaid').waitFor({ state: 'hidden' });
      await page.getByRole('table', { name: 'Latest changes' }).getByText('Tenant reactivated').waitFor();
    }));

  it('is deleted with the keyboard once its name is typed, and restored', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/tenants/${id}`);
      await button(page, 'More actions').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Delete tenant' }).focus();
      await page.keyboard.press('Enter');
      const field = page.getByRole('textbox', { name: `Type ${name} to confirm` });
      await field.waitFor();
      await page.keyboard.type('harbour');
      await page.keyboard.press('Enter');
      expect(await button(page, 'Delete tenant').isDisabled()).toBe(true);
      await field.fill(name);
      await page.keyboard.press('Enter');
      await status(page, 'You can restore it until').getByText('in 6 days').waitFor();
      expect(await page.getByRole('table', { name: 'Webhooks' }).count()).toBe(0);
      await checkPage(page, 'tenant-deleted');
      await act(page, 'Restore tenant');
      await page.getByRole('table', { name: 'Webhooks' }).waitFor();
      expect((await dashboard.seeded.api.get(`/v1/tenants/${id}`)).body.status).toBe('active');
    }));

  it('that is built in can be neither suspended nor deleted', () =>
    dashboard.operator.run(async (page) => {
      const { body } = await dashboard.seeded.api.get('/v1/tenants/default');
      await open(page, `/tenants/${body.id}`);
      await button(page, 'More actions').click();
      await page.getByRole('menuitem', { name: 'View audit log' }).waitFor();
      expect(await page.getByRole('menuitem', { name: 'Delete tenant' }).count()).toBe(0);
      expect(await button(page, 'Suspend tenant').count()).toBe(0);
    }));

  it('gets a proxy, whose password is not shown again', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/tenants/${id}`);
      await page.getByText('Proxy of the installation').waitFor();
      await button(page, 'Change egress').click();
      const dialog = page.getByRole('dialog', { name: 'Change egress' });
      await dialog.getByRole('radio', { name: 'Another proxy' }).check();
      const url = dialog.getByRole('textbox', { name: 'URL of the proxy' });
      await url.fill('ftp://proxy.internal');
      await button(page, 'Save changes').click();
      await dialog.getByText('must be an http, https or socks5 URL', { exact: false }).waitFor();
      await checkPage(page, 'tenant-egress');
      await url.fill('http://proxy.internal:3128');
      await dialog.getByRole('textbox', { name: 'User name' }).fill('me');
      await dialog.getByRole('textbox', { name: 'Password' }).fill('pass-word');
      await button(page, 'Save changes').click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('http://proxy.internal:3128').waitFor();
      const { body } = await dashboard.seeded.api.get(`/v1/tenants/${id}/egress`);
      expect(body.proxy).toMatchObject({ username: 'me', hasPassword: true });
      await button(page, 'Change egress').click();
      await dialog.getByText('Leave it empty to keep the current password.').waitFor();
      expect(await dialog.getByRole('textbox', { name: 'Password' }).inputValue()).toBe('');
    }));

  it('shows an error while its state cannot be changed', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/tenants/${id}`);
      await button(page, 'Suspend tenant').click();
      await call('suspend');
      const dialog = page.getByRole('dialog', { name: `Suspend ${name}?` });
      await dialog.getByRole('button', { name: 'Suspend tenant' }).click();
      await dialog.getByRole('alert').getByText('Not allowed while the tenant is suspended').waitFor();
      await expectAccessible(page);
    }));

  it('does not exist for its own keys', async () => {
    const { api, stack } = dashboard.seeded;
    const key = { name: 'own', tenantId: id, scopes: ['admin'] };
    const { body } = await api.post('/v1/api-keys', key);
    await withNewUser(dashboard.browser, async (page) => {
      await signIn(page, stack.apiUrl, body.key);
      await open(page, `/tenants/${id}`);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    });
  });
});

describe('the page of a tenant', () => {
  useNewTenant();

  it('lists its webhooks, links, keys and changes, with links to the complete lists', () =>
    dashboard.operator.run(async (page) => {
      const { api } = dashboard.seeded;
      await api.post('/v1/portal-links', { tenantId: id, role: 'viewer' });
      await open(page, `/tenants/${id}`);
      const table = (label: string) => page.getByRole('table', { name: label, exact: true });
      await table('Webhooks').getByText('https://harbour.example/hooks').waitFor();
      await table('Portal links').getByText('Viewer').waitFor();
      await table('API keys').getByText(name).waitFor();
      await page.getByText('1 of 500', { exact: true }).waitFor();
      await checkPage(page, 'tenant-active');
      await table('Latest changes').getByRole('link', { name: 'Webhook created' }).click();
      await page.getByRole('heading', { name: 'Changes', exact: true }).waitFor();
      await button(page, 'Close').click();
      await page.getByRole('link', { name: 'View all webhooks' }).click();
      await page.waitForURL(`**/webhooks?tenant=${id}`);
    }));

  it('revokes a portal link', () =>
    dashboard.operator.run(async (page) => {
      const { api } = dashboard.seeded;
      const { body: link } = await api.post('/v1/portal-links', { tenantId: id });
      await open(page, `/tenants/${id}`);
      await button(page, `Revoke portal link ${link.id}`).click();
      await button(page, 'Revoke link').click();
      await page.getByRole('table', { name: 'Portal links' }).getByText('Revoked').waitFor();
      const { body } = await api.get(`/v1/portal-links?tenantId=${id}`);
      expect(body.data).toMatchObject([{ id: link.id, revokedAt: expect.any(String) }]);
    }));

  it('has empty states', () =>
    dashboard.operator.run(async (page) => {
      await dashboard.seeded.api.delete(`/v1/webhooks/${webhookId}`);
      await open(page, `/tenants/${id}`);
      for (const text of ['No webhooks yet', 'No portal links']) await page.getByText(text).waitFor();
      await expectAccessible(page);
    }));

  it('changes its settings', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/tenants/${id}`);
      await button(page, 'Edit settings').click();
      const dialog = page.getByRole('dialog', { name: `Settings of ${name}` });
      const tags = dialog.getByRole('combobox', { name: 'Tags' });
      await tags.fill('not a tag!');
      await tags.press('Enter');
      await button(page, 'Save changes').click();
      await dialog.getByText('must be 1 to 50 letters, digits, and - _ . :').waitFor();
      for (let count = 0; count < 3; count += 1) await tags.press('Backspace');
      await tags.fill('enterprise');
      await tags.press('Enter');
      const zone = dialog.getByRole('combobox', { name: 'Time zone of emails' });
      await zone.fill('Tokyo');
      await page.getByRole('option', { name: 'Asia/Tokyo' }).click();
      await dialog.getByRole('textbox', { name: 'Metadata' }).fill('{"plan": "gold"}');
      await button(page, 'Save changes').click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('Asia/Tokyo').waitFor();
      const { body } = await dashboard.seeded.api.get(`/v1/tenants/${id}`);
      expect(body).toMatchObject({ timeZone: 'Asia/Tokyo', metadata: { plan: 'gold' } });
      expect(body.tags).toContain('enterprise');
    }));
});

describe('the list of tenants', () => {
  useNewTenant();

  it('is filtered by tag and status, and leads to their pages', () =>
    dashboard.operator.run(async (page) => {
      await call('suspend');
      await open(page, `/tenants?search=Harbour&tag=trial,n${number}&status=suspended`);
      const rows = page.getByRole('table', { name: 'Tenants' }).getByRole('link');
      expect(await rows.allTextContents()).toEqual([name]);
      await open(page, '/tenants?search=Harbour');
      const filter = page.getByRole('combobox', { name: 'Tags' });
      await filter.fill(`n${number}`);
      await page.getByRole('option', { name: `n${number}`, exact: true }).click();
      await page.waitForURL(`**/tenants?search=Harbour&tag=n${number}`);
      // Until then, the list shows the earlier rows.
      await page.waitForFunction(() => document.querySelectorAll('[role="table"] a').length === 1);
      await page.keyboard.press('Escape');
      await page.getByRole('option').first().waitFor({ state: 'hidden' });
      await checkPage(page, 'tenants-filtered');
      await rows.click();
      await page.waitForURL(`**/tenants/${id}`);
    }));

  it('has deleted tenants only on demand', () =>
    dashboard.operator.run(async (page) => {
      await dashboard.seeded.api.delete(`/v1/tenants/${id}`);
      await open(page, `/tenants?tag=n${number}`);
      await page.getByText('No tenants match these filters').waitFor();
      await open(page, `/tenants?tag=n${number}&status=deleted`);
      await page.getByRole('link', { name }).waitFor();
    }));
});

describe('while a tenant is suspended', () => {
  useNewTenant();

  it.each(['/webhooks?tenant=:tenant', '/events?tenant=:tenant', '/webhooks/:webhook'])(
    '%s says so',
    (path) =>
      dashboard.operator.run(async (page) => {
        await call('suspend');
        await open(page, path.replace(':tenant', id).replace(':webhook', webhookId));
        await status(page, SUSPENDED).getByRole('link', { name }).waitFor();
        await expectAccessible(page);
      }),
  );

  it('its portal says so, in its language, until it is reactivated', () =>
    withNewUser(dashboard.browser, async (page) => {
      await call('suspend');
      await page.goto(await portalLink(id, '/webhooks', { language: 'de' }));
      await status(page, 'Der Betreiber hat die Zustellungen ausgesetzt').waitFor();
      await checkPage(page, 'portal-suspended-tenant');
      await call('reactivate');
      await page.reload();
      await page.getByRole('table', { name: 'Webhooks' }).waitFor();
      expect(await status(page, 'ausgesetzt').count()).toBe(0);
    }));
});

describe('the list of webhooks', () => {
  useNewTenant();

  it('shows tags and is filtered by them', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/webhooks?tenant=${id}`);
      await page.getByRole('list', { name: 'Tags' }).getByText('billing').waitFor();
      const filter = page.getByRole('combobox', { name: 'Tags' });
      await filter.fill('unknown');
      await page.getByRole('option', { name: 'unknown' }).click();
      await page.getByText('No webhooks match these filters').waitFor();
      await page.keyboard.press('Escape');
      await expectAccessible(page);
    }));
});
