// The search, with the keyboard from anywhere and from the lists; and the pages that explain what was found.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { withNewUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { dashboard } from './dashboard.js';

async function openSearch(page: Page, path = '/api-keys'): Promise<Locator> {
  await openPage(page, dashboard.seeded.stack.apiUrl + path);
  await page.keyboard.press('Control+k');
  return page.getByRole('combobox', { name: 'Search' });
}

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Search' });

describe('Ctrl+K', () => {
  it('finds an event by a value of its payload, and opens it with Enter', () =>
    dashboard.operator.run(async (page) => {
      const { body } = await dashboard.seeded.api.post('/v1/events', {
        type: 'order.shipped',
        data: { id: 'A-4711' },
      });
      const field = await openSearch(page, '/tenants');
      await field.fill(' A-4711 ');
      const option = page.getByRole('option', { name: /order\.shipped.*\/id/ });
      await option.waitFor();
      await expectAccessible(page);
      await field.press('Enter');
      await page.waitForURL(`**/events/${body.id}`);
      await dialog(page).waitFor({ state: 'hidden' });
      await page.getByRole('heading', { level: 1, name: 'order.shipped' }).waitFor();
    }));

  it('opens the page of an ID as soon as it is complete', () =>
    dashboard.operator.run(async (page) => {
      const { delivery, webhook, event, rejectedEvent } = dashboard.seeded.ids;
      const since = new Date(Date.now() - 60_000).toISOString();
      const { body: recovery } = await dashboard.seeded.api.post('/v1/recoveries', {
        since,
        webhookId: webhook,
      });
      expect(recovery.id).toMatch(/^rcv_/);
      for (const [id, path] of [
        [delivery, '/deliveries/'],
        [webhook, '/webhooks/'],
        [event, '/events/'],
        [rejectedEvent, '/rejected-events/'],
        [recovery.id, '/recoveries/'],
      ] as const) {
        await (await openSearch(page)).fill(id);
        await page.waitForURL(`**${path}${id}`);
      }
    }));

  it('shows what it finds also while another tenant is selected', () =>
    dashboard.operator.run(async (page) => {
      const { rejectedEvent, tenant } = dashboard.seeded.ids;
      await (await openSearch(page, `/api-keys?tenant=${tenant}`)).fill(rejectedEvent);
      await page.waitForURL(`**/rejected-events/${rejectedEvent}*`);
      await page.getByRole('heading', { level: 1, name: 'Rejected event' }).waitFor();
      await page.getByText('ID', { exact: true }).waitFor();
    }));

  it('moves among the results with the arrow keys', () =>
    dashboard.operator.run(async (page) => {
      const field = await openSearch(page, '/audit');
      await field.fill('invoice.');
      await page.getByRole('option', { name: /invoice\.paid/ }).waitFor();
      const selected = () => page.locator('[role=option][data-combobox-selected]').innerText();
      const first = await selected();
      await field.press('ArrowDown');
      expect(await selected()).not.toBe(first);
      await field.press('ArrowUp');
      expect(await selected()).toBe(first);
      await field.press('Escape');
      await dialog(page).waitFor({ state: 'hidden' });
      expect(new URL(page.url()).pathname).toBe('/audit');
    }));

  it('without a result names the keys that are searched', () =>
    dashboard.operator.run(async (page) => {
      await (await openSearch(page)).fill('evt_01jw000000e008000000000001');
      await page.getByRole('status').filter({ hasText: 'Payloads are searched at /id' }).waitFor();
      await expectAccessible(page);
    }));

  it('gets what is typed right after it, and right after a page load', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/audit`);
      await page.reload();
      await page.getByRole('button', { name: 'Search' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('kestrel');
      expect(await dialog(page).getByRole('combobox', { name: 'Search' }).inputValue()).toBe('kestrel');
    }));

  it('finds webhooks and tenants by a part of their URL or name', () =>
    dashboard.operator.run(async (page) => {
      const field = await openSearch(page);
      await field.fill('kestrel');
      await page.getByRole('option', { name: /kestrel\.example\.com/ }).waitFor();
      await page.getByRole('option', { name: /Kestrel Bikes.*Name/ }).click();
      await page.waitForURL(`**/tenants/${dashboard.seeded.ids.tenant}`);
    }));
});

describe('every list', () => {
  it.each(['/webhooks', '/events', '/deliveries', '/rejected-events', '/event-types', '/tenants', '/audit'])(
    '%s has the search',
    (path) =>
      dashboard.operator.run(async (page) => {
        await openPage(page, dashboard.seeded.stack.apiUrl + path);
        await page.getByRole('button', { name: 'Search' }).click();
        await dialog(page).getByRole('combobox').press('Escape');
        await dialog(page).waitFor({ state: 'hidden' });
      }),
  );
});

describe('a filter', () => {
  it('keeps what is typed while the list follows, and can be cleared', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/webhooks`);
      const field = page.getByRole('textbox', { name: 'Filter by URL, external ID or description' });
      await field.press('k');
      await page.waitForURL('**/webhooks?search=k');
      await field.pressSequentially('estrel', { delay: 50 });
      await page.waitForURL('**/webhooks?search=kestrel');
      expect(await field.inputValue()).toBe('kestrel');
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.waitForURL('**/webhooks');
      expect(await field.inputValue()).toBe('');
    }));

  it('that is cleared right after typing stays cleared', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/webhooks?search=kestrel`);
      const field = page.getByRole('textbox', { name: 'Filter by URL, external ID or description' });
      await field.press('End');
      await field.press('s');
      await page.getByRole('button', { name: 'Clear filters' }).click();
      // Longer than the field waits.
      await page.evaluate(async () => new Promise((resolve) => setTimeout(resolve, 500)));
      expect(new URL(page.url()).search).toBe('');
      expect(await field.inputValue()).toBe('');
    }));
});

describe('in the portal', () => {
  it('only resources of the tenant are found', () =>
    withNewUser(dashboard.browser, async (page) => {
      const { api, ids } = dashboard.seeded;
      const { body } = await api.post('/v1/portal-links', { tenantId: ids.tenant });
      const data = { id: 'portal-1' };
      const mine = await api.post('/v1/events', { type: 'order.placed', tenantId: ids.tenant, data });
      await api.post('/v1/events', { type: 'order.placed', data });
      await page.goto(body.url);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'Search' });
      await field.fill('portal-1');
      await page.getByRole('option').first().waitFor();
      expect(await page.getByRole('option').count()).toBe(1);
      await field.press('Enter');
      await page.waitForURL(`**/portal/events/${mine.body.id}?link=*`);
    }));
});

describe('an event', () => {
  it('shows its deliveries, then why the other webhooks have none, in one table', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/events/${ids.event}`);
      const table = page.getByRole('table', { name: 'Webhooks of this event' });
      await table.getByText('Not sent').first().waitFor();
      const rows = await table.getByRole('row').allInnerTexts();
      const firstWithout = rows.findIndex((row) => row.includes('Not sent'));
      expect(firstWithout).toBeGreaterThan(1);
      expect(rows.slice(firstWithout).every((row) => row.includes('Not sent'))).toBe(true);
      expect(rows.some((row) => row.includes('does not subscribe to this event type'))).toBe(true);
      await table.locator(`a[href="/deliveries/${ids.delivery}"]`).click();
      await page.waitForURL(`**/deliveries/${ids.delivery}`);
    }));
});

describe('the audit log', () => {
  it('names targets, and shows sign-ins on request', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/audit`);
      await page.getByText(/^Verified until .*, entry \d+$/).waitFor();
      const table = page.getByRole('table', { name: 'Audit log' });
      await table.getByText('https://kestrel.example.com/hooks').waitFor();
      expect(await table.getByText('Signed in').count()).toBe(0);
      await page.getByRole('combobox', { name: 'Show' }).click();
      await page.getByRole('option', { name: 'Changes and sign-ins' }).click();
      await table.getByText('Signed in').first().waitFor();
    }));
});

describe('while all tenants are shown', () => {
  it('a new webhook and a published event need a tenant, and no quota of one tenant is shown', () =>
    dashboard.operator.run(async (page) => {
      const { stack, ids } = dashboard.seeded;
      await openPage(page, `${stack.apiUrl}/webhooks`);
      await page.getByRole('table', { name: 'Webhooks' }).waitFor();
      expect(await page.getByText(/ of [\d,]+ webhooks/).count()).toBe(0);

      await openPage(page, `${stack.apiUrl}/webhooks/new`);
      await page.getByRole('textbox', { name: 'URL' }).first().fill('https://shop.example.com/hooks');
      await page.getByRole('button', { name: 'Create webhook' }).click();
      await page.getByText('Select a tenant.').waitFor();

      await openPage(page, `${stack.apiUrl}/events`);
      await page.getByRole('button', { name: 'Publish event' }).click();
      const form = page.getByRole('dialog', { name: 'Publish event' });
      await form.getByRole('combobox', { name: 'Event type' }).fill('order.placed');
      await form.getByRole('textbox', { name: 'Data' }).fill('{"id":"or_all"}');
      await form.getByRole('button', { name: 'Publish event' }).click();
      await form.getByText('Select a tenant.').waitFor();
      await form.getByRole('combobox', { name: 'Tenant' }).click();
      await page.getByRole('option', { name: 'Kestrel Bikes' }).click();
      await form.getByRole('button', { name: 'Publish event' }).click();
      await page.waitForURL('**/events/evt_*');
      const { body } = await dashboard.seeded.api.get(`/v1/events?tenantId=${ids.tenant}&limit=1`);
      expect(page.url()).toContain(body.data[0].id);
    }));

  it('an event is not published in the system scope', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/events?tenant=system`);
      await page.getByRole('button', { name: 'Publish event' }).first().click();
      const form = page.getByRole('dialog', { name: 'Publish event' });
      await form.getByRole('combobox', { name: 'Event type' }).fill('order.placed');
      await form.getByRole('textbox', { name: 'Data' }).fill('{"id":"or_system"}');
      await form.getByRole('button', { name: 'Publish event' }).click();
      await form.getByText('Select a tenant.').waitFor();
    }));
});

describe('a test event', () => {
  it('starts with the example of its type, and is sent as edited', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/webhooks/${dashboard.seeded.ids.webhook}`);
      await page.getByRole('button', { name: 'Send test event' }).click();
      const form = page.getByRole('dialog', { name: 'Send test event' });
      const eventType = form.getByRole('combobox', { name: 'Event type' });
      const data = form.getByRole('textbox', { name: 'Data' });
      await eventType.fill('order.');
      await page.getByRole('option', { name: 'order.placed' }).waitFor();
      await page.keyboard.press('Tab');
      await data.and(page.locator(':focus')).waitFor();
      await eventType.fill('order.placed');
      expect(await data.inputValue()).toContain('cus_Q4kT8x');
      await data.fill('{"id": }');
      expect(await form.getByRole('button', { name: 'Send test event' }).isDisabled()).toBe(true);
      await data.fill('{"id": "edited"}');
      await form.getByRole('button', { name: 'Send test event' }).click();
      await form.getByRole('group', { name: 'Request body' }).getByText('"edited"').waitFor();
      await expectAccessible(page);
    }));
});

describe('a list', () => {
  it('is exported with its filters, as CSV and NDJSON', () =>
    dashboard.operator.run(async (page) => {
      await openPage(page, `${dashboard.seeded.stack.apiUrl}/audit?action=event_type.created`);
      await page.getByRole('table', { name: 'Audit log' }).waitFor();
      const exported = async (format: string): Promise<string> => {
        await page.getByRole('button', { name: 'Export' }).click();
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('menuitem', { name: format, exact: true }).click(),
        ]);
        expect(download.suggestedFilename()).toBe(`audit-log.${format.toLowerCase()}`);
        return readFile(await download.path(), 'utf8');
      };
      const csv = (await exported('CSV')).trim().split('\r\n');
      expect(csv[0]).toMatch(/^id,number,hash,tenantId,action,target,targetName,/);
      const rows = (await exported('NDJSON')).trim().split('\n');
      expect(csv).toHaveLength(rows.length + 1);
      expect(new Set(rows.map((row) => JSON.parse(row).action))).toEqual(new Set(['event_type.created']));
    }));
});
