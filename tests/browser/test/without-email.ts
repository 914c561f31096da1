// Without an SMTP server, customers are offered no emails, and operators learn what to configure.
import { expect, it } from '@jest/globals';
import { withNewUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { operations } from './operations.js';

it('without an SMTP server, the portal offers no emails', () =>
  withNewUser(operations.browser, async (page) => {
    const { body: tenant } = await operations.api.post('/v1/tenants', { name: 'No emails' });
    const tenantId = tenant.id;
    const { body: webhook } = await operations.api.post('/v1/webhooks', {
      tenantId,
      url: 'https://no-emails.example/',
      eventTypes: ['*'],
    });
    const { body: link } = await operations.api.post('/v1/portal-links', { tenantId });
    await page.goto(link.url.replace('/portal?', `/portal/webhooks/${webhook.id}?`));
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete webhook' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Mute notifications' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Notifications' }).count()).toBe(0);
    await operations.api.delete(`/v1/webhooks/${webhook.id}`);
  }));

it('without an SMTP server, the dashboard names the settings', () =>
  operations.operator.run(async (page) => {
    const { body: tenant } = await operations.api.post('/v1/tenants', { name: 'Unreachable' });
    await openPage(page, `${operations.stack.apiUrl}/notifications?tenant=${tenant.id}`);
    await page.getByText('Set POSTHORN_SMTP_URL, POSTHORN_SMTP_FROM').waitFor();
    expect(await page.getByRole('heading', { name: 'Email recipients' }).count()).toBe(0);
  }));
