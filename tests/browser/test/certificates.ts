// Certificates of a webhook and of a tenant: a signing request, a certificate with its key, and authorities.
import { describe, expect, it } from '@jest/globals';
import { createAuthority, startReceiver } from '@posthorn/testkit';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { portalLink } from './portal-links.js';

const SOON = { notBefore: new Date(), notAfter: new Date(Date.now() + 10 * 86_400_000) };
const authority = createAuthority('Browser CA');
const client = authority.issue('browser.example', SOON);

const panelOf = (page: Page) => page.getByRole('region', { name: 'Certificates', exact: true });
const dialogOf = (page: Page) => page.getByRole('dialog');

async function setCertificates(page: Page): Promise<void> {
  const panel = panelOf(page);
  await panel.getByRole('button', { name: 'Set certificate' }).click();
  const dialog = dialogOf(page);
  await dialog.getByRole('textbox', { name: 'Certificate (PEM)' }).fill(client.cert);
  await dialog.getByRole('textbox', { name: 'Private key (PEM)' }).fill('x');
  await dialog.getByRole('button', { name: 'Set certificate' }).click();
  await dialog.getByText('must be one private key in PEM format').waitFor();
  await expectAccessible(page);
  await dialog.getByRole('textbox', { name: 'Private key (PEM)' }).fill(client.key);
  await dialog.getByRole('button', { name: 'Set certificate' }).click();
  await panel.getByText('CN=browser.example').waitFor();
  await panel.getByText('Expires soon').waitFor();

  await panel.getByRole('button', { name: 'Set authorities' }).click();
  await dialog.getByRole('textbox', { name: 'Certificates of authorities (PEM)' }).fill(authority.ca);
  await dialog.getByRole('button', { name: 'Set authorities' }).click();
  await panel.getByText('CN=Browser CA', { exact: true }).waitFor();
  await dialog.waitFor({ state: 'hidden' });
  await expectAccessible(page);
}

async function createRequest(page: Page): Promise<void> {
  await panelOf(page).getByRole('button', { name: 'Create signing request' }).click();
  const dialog = dialogOf(page);
  await dialog.getByLabel('Organization (O)').fill('Example GmbH');
  await dialog.getByRole('button', { name: 'Create signing request' }).click();
  await dialog.getByText('-----BEGIN CERTIFICATE REQUEST-----').waitFor();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

async function newWebhook(): Promise<string> {
  const { api, ids } = dashboard.seeded;
  const body = { url: 'https://certified.example/', eventTypes: ['never'], tenantId: ids.tenant };
  return (await api.post('/v1/webhooks', body)).body.id;
}

describe('certificates', () => {
  it('of a webhook are set by an operator, and need attention when they expire soon', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack } = dashboard.seeded;
      const id = await newWebhook();
      await openPage(page, `${stack.apiUrl}/webhooks/${id}/settings`);
      await createRequest(page);
      await setCertificates(page);
      await openPage(page, `${stack.apiUrl}/`);
      await page.getByRole('heading', { name: 'Certificates that expire soon' }).waitFor();
      await openPage(page, `${stack.apiUrl}/webhooks/${id}/settings`);
      await panelOf(page).getByRole('button', { name: 'Remove certificate' }).click();
      await dialogOf(page).getByRole('button', { name: 'Remove certificate' }).click();
      await panelOf(page).getByText('CN=browser.example').waitFor({ state: 'hidden' });
      await api.delete(`/v1/webhooks/${id}`);
    }));

  it('of a webhook are set by a customer in the portal', () =>
    withNewUser(dashboard.browser, async (page) => {
      const id = await newWebhook();
      await page.goto(await portalLink(dashboard.seeded.ids.tenant, `/webhooks/${id}/settings`));
      await setCertificates(page);
      await dashboard.seeded.api.delete(`/v1/webhooks/${id}`);
    }));

  it('of a tenant that were withheld from a URL can be approved for its webhook', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack } = dashboard.seeded;
      const receiver = await startReceiver({
        tls: {
          ...authority.issue('127.0.0.1'),
          ca: authority.ca,
          requestCert: true,
          rejectUnauthorized: true,
        },
      });
      const clientCertificate = { certificate: client.cert, privateKey: client.key };
      const settings = { name: 'Withheld', clientCertificate, caCertificates: authority.ca };
      const { id: tenantId } = (await api.post('/v1/tenants', settings)).body;
      const body = { url: receiver.url, eventTypes: ['never'], tenantId };
      const { id } = (await api.post('/v1/webhooks', body)).body;
      await openPage(page, `${stack.apiUrl}/webhooks/${id}`);
      const approve = page.getByRole('button', { name: 'Approve headers' });
      const send = page.getByRole('button', { name: 'Send code' });
      await send.click();
      await approve.click();
      await approve.waitFor({ state: 'hidden' });
      await send.click();
      await page.getByText('The receiver accepted the request.').waitFor();
      expect(receiver.requests.at(-1)?.clientCertificate).not.toBeNull();
      await api.delete(`/v1/tenants/${tenantId}`);
      await receiver.close();
    }));

  it('of a tenant are set on its page', () =>
    dashboard.operator.run(async (page) => {
      const { api, stack } = dashboard.seeded;
      const { id } = (await api.post('/v1/tenants', { name: 'Certified' })).body;
      await openPage(page, `${stack.apiUrl}/tenants/${id}`);
      await createRequest(page);
      await setCertificates(page);
      const { body } = await api.get(`/v1/tenants/${id}`);
      expect(body.clientCertificate.subject).toBe('CN=browser.example');
      await api.delete(`/v1/tenants/${id}`);
    }));
});
