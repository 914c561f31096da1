// The component of @posthorn/portal: its link, its path and its failures.
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import type { Frame, Page } from 'playwright-core';
import { type BrowserUser, newBrowserUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import type { HostPage } from './host-page.js';
import { openHost, portalFrame } from './portal-frame.js';
import { endLinks, portalLink } from './portal-links.js';

const refuse = () => Promise.reject(new Error('signed out'));

describe('the component', () => {
  let host: HostPage;
  let customer: BrowserUser;

  beforeAll(async () => {
    host = dashboard.host;
    customer = await newBrowserUser(dashboard.browser, { allowedErrors: /status of 500/ });
  });
  beforeEach(() => {
    host.onLink(createLink);
  });

  const createLink = () => portalLink(dashboard.seeded.ids.tenant, '', { parentOrigins: [host.origin] });

  it('survives a reload of its frame and the end of its link', () =>
    customer.run(async (page) => {
      const frame = await openHost(page, `${host.origin}/component`);
      await openWebhooks(frame);
      const before = host.links();
      await frame.evaluate(() => window.location.reload());
      await frame.getByRole('table', { name: 'Webhooks' }).waitFor();
      expect(host.links()).toBe(before + 1);

      await endLinks();
      await frame.getByRole('link', { name: 'Deliveries', exact: true }).click();
      await frame.getByRole('heading', { level: 1, name: 'Deliveries' }).waitFor();
      await eventually(() => expect(host.links()).toBe(before + 2));
      expect(await frame.getByText('Your session expired').count()).toBe(0);
    }));

  it('shows the same page after a reload of the host page, and the first page on a new visit', () =>
    customer.run(async (page) => {
      const frame = await openHost(page, `${host.origin}/component`);
      await openWebhooks(frame);
      await frame.getByRole('combobox', { name: 'Status' }).click();
      await frame.getByRole('option', { name: 'Active' }).click();
      await eventually(() => expect(frame.url()).toContain('status=active'));
      await page.reload();
      const reloaded = await portalFrame(page);
      await heading(reloaded, 'Webhooks').waitFor();
      expect(reloaded.url()).toContain('status=active');

      await page.goto(`${host.origin}/component?visit=2`);
      await heading(await portalFrame(page), 'Overview').waitFor();
    }));

  it.each(['/portal/../admin/queues', '//elsewhere.example/portal', 'https://elsewhere.example/portal', '{'])(
    'shows the first page if the kept path is %s',
    (path) =>
      customer.run(async (page) => {
        await openHost(page, `${host.origin}/component`);
        await page.evaluate((kept) => {
          const text = kept === '{' ? kept : JSON.stringify([window.location.href, kept]);
          window.addEventListener('pagehide', () => sessionStorage.setItem('posthorn-portal', text));
        }, path);
        await page.reload();
        const frame = await portalFrame(page);
        await heading(frame, 'Overview').waitFor();
        expect(new URL(frame.url()).pathname).toMatch(/^\/portal\/?$/);
      }),
  );

  it('shows the same page in another language', () =>
    customer.run(async (page) => {
      const frame = await openHost(page, `${host.origin}/component?language=es`);
      await frame.getByRole('link', { name: 'Webhooks', exact: true }).click();
      await heading(frame, 'Webhooks').waitFor();
      await page.locator('posthorn-portal').evaluate((element) => element.setAttribute('language', 'de'));
      await eventually(() => expect(frame.isDetached()).toBe(true));
      const german = await portalFrame(page);
      await german.getByRole('link', { name: 'Zustellungen', exact: true }).waitFor();
      await heading(german, 'Webhooks').waitFor();
    }));

  it('shows an error in its language until it has a link', () =>
    customer.run(async (page) => {
      host.onLink(refuse);
      await page.goto(`${host.origin}/component?language=de`);
      await page.getByRole('alert').getByText('Die Seite konnte nicht geladen werden.').waitFor();
      expect(await page.title()).toContain('Invalid URL');
      const retry = page.getByRole('button', { name: 'Erneut versuchen' });
      await retry.click();
      await retry.waitFor();
      host.onLink(createLink);
      await retry.click();
      await heading(await portalFrame(page), 'Übersicht').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
    }));

  it.each([
    { what: 'none can be created', link: refuse },
    {
      what: 'the new one is of another tenant',
      link: () => portalLink('default', '', { parentOrigins: [host.origin] }),
    },
  ])('shows an error when its link has expired and $what, and then continues on the same page', ({ link }) =>
    customer.run(async (page) => {
      const frame = await openHost(page, `${host.origin}/component`);
      await openWebhooks(frame);
      host.onLink(link);
      await endLinks();
      const failure = page.getByText('The page could not be loaded.');
      // The list may be refreshed, and find out, before the click.
      const deliveries = frame.getByRole('link', { name: 'Deliveries', exact: true });
      await Promise.race([deliveries.click(), failure.waitFor()]);
      await failure.waitFor();
      expect(await page.title()).toMatch(/Invalid URL|The link is not valid/);

      host.onLink(createLink);
      await page.getByRole('button', { name: 'Try again' }).click();
      await (
        await portalFrame(page)
      )
        .getByRole('heading', { level: 1, name: /^(?:Webhooks|Deliveries)$/ })
        .waitFor();
    }),
  );
});

const heading = (frame: Frame, name: string) => frame.getByRole('heading', { level: 1, name });

async function openWebhooks(frame: Frame | Page): Promise<void> {
  await frame.getByRole('link', { name: 'Webhooks', exact: true }).click();
  await frame.getByRole('table', { name: 'Webhooks' }).waitFor();
}
