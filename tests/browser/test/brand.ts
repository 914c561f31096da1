// Document titles, and the product that pages without navigation name.
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { withNewUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import { openPage, openPortalPage } from './open-page.js';
import { portalLink } from './portal-links.js';

const theme = { productName: 'Acme Hooks' };

const brand = (page: Page, name: string) => page.getByText(name, { exact: true }).first();

it('each tab of a webhook has its own document title', () =>
  dashboard.operator.run(async (page) => {
    const { api, stack, ids } = dashboard.seeded;
    const { url } = (await api.get(`/v1/webhooks/${ids.webhook}`)).body;
    for (const [tab, title] of [
      ['', 'Overview'],
      ['/deliveries', 'Deliveries'],
      ['/replays', 'Replays'],
      ['/settings', 'Settings'],
    ] as const) {
      await openPage(page, `${stack.apiUrl}/webhooks/${ids.webhook}${tab}`);
      expect(await page.title()).toBe(`${title} · ${url} · Posthorn`);
    }
  }));

it('a page that does not exist shows the brand', async () => {
  await dashboard.operator.run(async (page) => {
    await openPage(page, `${dashboard.seeded.stack.apiUrl}/no-such-page`);
    await brand(page, 'Posthorn').waitFor();
    expect(await page.title()).toBe('Page not found · Posthorn');
  });
  await withNewUser(dashboard.browser, async (page) => {
    await page.goto(await portalLink('default', '', { theme }));
    await openPortalPage(page, '/no-such-page');
    await brand(page, 'Acme Hooks').waitFor();
    expect(await page.title()).toBe('Page not found · Acme Hooks');
  });
});

it('the pages before a session and after its end show the brand', () =>
  withNewUser(dashboard.browser, async (page) => {
    const { api, stack } = dashboard.seeded;
    await page.goto(`${stack.apiUrl}/sign-in`);
    await brand(page, 'Posthorn').waitFor();
    const link = await portalLink('default', '', { theme });
    await page.goto(link);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    // Otherwise a call of the page could be the first that is rejected.
    const url = page.url();
    await page.goto('about:blank');
    await api.delete(`/v1/portal-links/${new URL(link).searchParams.get('link')}`);
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your session expired' }).waitFor();
    await brand(page, 'Acme Hooks').waitFor();
    expect(await page.title()).toBe('Session expired · Acme Hooks');
  }));
