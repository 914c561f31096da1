// Data protection: erasures and their progress, the purge and the export of a tenant, and hints at redacted values.
import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { checkPage } from './check-page.js';
import { dashboard } from './dashboard.js';
import { openPage } from './open-page.js';
import { signIn } from './sign-in.js';

const PATIENT = { timeout: 60_000 };

let number = 0;
let name: string;
let id: string;

/** Creates a tenant before each test of a group. */
const useNewTenant = () =>
  beforeEach(async () => {
    number += 1;
    name = `Quarry ${number}`;
    id = (await dashboard.seeded.api.post('/v1/tenants', { name })).body.id;
  });

const open = (page: Page, path: string) => openPage(page, dashboard.seeded.stack.apiUrl + path);
const button = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true });

async function publish(customer: string): Promise<string> {
  const event = { type: 'quarry.dug', tenantId: id, data: { customer: { id: customer } } };
  return (await dashboard.seeded.api.post('/v1/events', event)).body.id;
}

describe('erasures', () => {
  useNewTenant();

  it('have an empty state', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/erasures?tenant=${id}`);
      await page.getByText('No erasures yet').waitFor();
      await checkPage(page, 'erasures-none');
    }));

  it('of a person start once the value is typed again, and show their progress and receipt', () =>
    dashboard.operator.run(async (page) => {
      const eventId = await publish('cus_1');
      const other = await publish('cus_2');
      await open(page, `/erasures?tenant=${id}`);
      await button(page, 'Erase a person').click();
      const dialog = page.getByRole('dialog', { name: 'Erase a person' });
      await dialog.getByRole('textbox', { name: 'Place of the value' }).fill('/customer/id');
      await dialog.getByRole('textbox', { name: 'Value', exact: true }).fill('cus_1');
      await dialog.getByText('0 events are known.').waitFor();
      const confirmation = dialog.getByRole('textbox', { name: 'Type cus_1 to confirm' });
      await confirmation.fill('cus_');
      await confirmation.press('Enter');
      expect(await button(page, 'Erase').isDisabled()).toBe(true);
      await checkPage(page, 'erasures-person');
      await confirmation.fill('cus_1');
      await confirmation.press('Enter');
      const details = page.getByRole('dialog', { name: 'Erasure', exact: true });
      await details.getByRole('status').getByText('Completed').waitFor(PATIENT);
      await details.getByRole('group', { name: 'Receipt' }).getByText(/^v1\./).waitFor();
      await checkPage(page, 'erasure');
      await details.getByRole('button', { name: 'Close' }).click();
      const row = page.getByRole('table', { name: 'Erasures' }).getByRole('row').nth(1);
      await row.getByText('Events with a value at /customer/id').waitFor();
      await row.getByText('Completed').waitFor();
      expect(await row.textContent()).not.toContain('cus_1');
      const { api } = dashboard.seeded;
      expect((await api.get(`/v1/events/${eventId}`)).body.erased).toBe(true);
      expect((await api.get(`/v1/events/${other}`)).body.erased).toBe(false);
    }));

  it('of a person show what is wrong with the place', () =>
    dashboard.operator.run(async (page) => {
      await open(page, `/erasures?tenant=${id}`);
      await button(page, 'Erase a person').click();
      const dialog = page.getByRole('dialog', { name: 'Erase a person' });
      await dialog.getByRole('textbox', { name: 'Place of the value' }).fill('customer');
      await dialog.getByRole('textbox', { name: 'Value', exact: true }).fill('cus_1');
      await dialog
        .getByRole('alert')
        .getByText(/JSON Pointer/)
        .waitFor();
      await expectAccessible(page);
    }));
});

describe('a tenant with data', () => {
  useNewTenant();

  it('that is purged shows how far that is', () =>
    dashboard.operator.run(async (page) => {
      await publish('cus_1');
      await dashboard.seeded.api.post('/v1/erasures', { tenantId: id });
      await open(page, `/tenants/${id}`);
      await page.getByText('Waiting until its usage is counted · 0 of 1 events deleted').waitFor(PATIENT);
      await checkPage(page, 'tenant-purged');
      await page.getByRole('link', { name: 'Details' }).click();
      await page.getByRole('dialog', { name: 'Erasure', exact: true }).getByText('A whole tenant').waitFor();
    }));

  it('is exported to a file', () =>
    dashboard.operator.run(async (page) => {
      await publish('cus_1');
      await open(page, `/tenants/${id}`);
      await button(page, 'More actions').click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Export as NDJSON' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`${name}.ndjson`);
      const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
      const types = lines.map((line) => JSON.parse(line).type);
      expect([types[0], types.at(-1)]).toEqual(['tenant', 'complete']);
      expect(types).toContain('event');
    }));
});

describe('a redacted value', () => {
  useNewTenant();

  it.each([
    ['is explained to a key that does not see it', ['events:read', 'webhooks:read'], 1],
    ['is shown to a key that does', ['events:read', 'webhooks:read', 'payloads:read'], 0],
  ] as const)('%s', async (_case, scopes, hints) => {
    const { api, stack } = dashboard.seeded;
    await api.post('/v1/event-types', {
      name: 'quarry.dug',
      redact: ['/customer/id'],
      searchKeys: ['/customer/id'],
    });
    const eventId = await publish('cus_1');
    const { body } = await api.post('/v1/api-keys', { name: 'reader', tenantId: id, scopes });
    await withNewUser(dashboard.browser, async (page) => {
      await signIn(page, stack.apiUrl, body.key);
      await open(page, `/events/${eventId}`);
      await page
        .getByRole('group', { name: 'Event data' })
        .getByText(hints ? '•••' : 'cus_1')
        .waitFor();
      const hint = 'A key with the scope payloads:read sees the value.';
      expect(await page.getByText(hint).count()).toBe(hints);
      await expectAccessible(page);
      await open(page, '/events');
      await page
        .getByText(hints ? '•••' : 'cus_1')
        .first()
        .waitFor();
      expect(await page.getByTitle(hint).count()).toBe(hints);
    });
  });
});
