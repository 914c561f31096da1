// What lists, filters and dialogs show: outcomes of events, descriptions of webhooks, the time of the next attempt, counts of replays.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import type { Locator, Page } from 'playwright-core';
import type { BrowserUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { deleteWebhooks, operations } from './operations.js';

const TYPE = 'list.order';

let stack: Stack;
let operator: BrowserUser;
let working: Receiver;
let failing: Receiver;
let api: ApiClient;
/** It fails, and its deliveries wait for a retry. */
let webhookId: string;
let eventId: string;

const list = (page: Page, name: string): Locator => page.getByRole('table', { name });

describe('lists', () => {
  beforeAll(async () => {
    ({ stack, operator, api } = operations);
    [working, failing] = [await startReceiver(), await startReceiver()];
    await api.post('/v1/event-types', { name: TYPE, searchKeys: ['/order'] });
    await createActiveWebhook(api, working, { eventTypes: [TYPE], description: 'Storefront' });
    ({ id: webhookId } = await createActiveWebhook(api, failing, {
      eventTypes: [TYPE],
      description: 'Warehouse Berlin',
      retrySchedule: [600],
    }));
    failing.handle(() => ({ status: 503 }));
    eventId = (await api.post('/v1/events', { type: TYPE, data: { order: 'B-4711' } })).body.id;
    await eventually(
      async () => {
        const { deliveries } = (await api.get(`/v1/events/${eventId}`)).body;
        const waiting = await api.get(`/v1/deliveries?status=retrying&webhookId=${webhookId}`);
        expect([deliveries.succeeded, waiting.body.data.length]).toEqual([1, 1]);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('show how many deliveries of an event succeeded, and its search values, as does the search', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/events?eventType=${TYPE}`);
      const row = list(page, 'Events').getByRole('row').nth(1);
      await row.getByText('1 of 2 delivered').waitFor();
      await row.getByText('1 pending').waitFor();
      await row.getByText('B-4711').waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search' }).fill('B-4711');
      await page.getByRole('option', { name: /B-4711.*1 of 2 delivered/ }).click();
      await page.getByText('1 of 2 delivered').waitFor();
      await page.getByText('B-4711', { exact: true }).waitFor();
    }));

  it('show the description of a webhook beside its URL', () =>
    operator.run(async (page) => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${webhookId}`);
      await openPage(page, `${stack.apiUrl}/deliveries?webhookId=${webhookId}`);
      await list(page, 'Deliveries').getByText('Warehouse Berlin').waitFor();
      expect(await page.getByRole('combobox', { name: 'Webhook' }).inputValue()).toBe(
        `${failing.url} – Warehouse Berlin`,
      );
      await openPage(page, `${stack.apiUrl}/deliveries/${body.data[0].id}`);
      await page.getByRole('link', { name: /Warehouse Berlin/ }).waitFor();
      await openPage(page, `${stack.apiUrl}/events/${eventId}`);
      await list(page, 'Webhooks of this event').getByText('Warehouse Berlin').waitFor();
      await page.keyboard.press('Control+k');
      const field = page.getByRole('combobox', { name: 'Search' });
      await field.fill('Warehouse');
      await page.getByRole('option', { name: /Warehouse Berlin/ }).waitFor();
      await field.press('Escape');
    }));

  it('count down to the next attempt', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/deliveries?webhookId=${webhookId}`);
      const note = list(page, 'Deliveries').getByText(/^Next attempt in \d+ min( \d+ s)?$/);
      const before = await note.textContent();
      await eventually(async () => expect(await note.textContent()).not.toBe(before));
    }));

  it('filter deliveries by several statuses, and by HTTP status', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/deliveries?eventType=${TYPE}`);
      const rows = list(page, 'Deliveries').getByRole('row');
      await eventually(async () => expect(await rows.count()).toBe(3));
      await choose(page, 'Status', 'Retrying');
      await eventually(async () => expect(await rows.count()).toBe(2));
      await choose(page, 'Status', 'Succeeded');
      await eventually(async () => expect(await rows.count()).toBe(3));
      expect(new URL(page.url()).searchParams.get('status')).toBe('retrying,succeeded');
      await page.getByRole('combobox', { name: 'Last HTTP status' }).fill('503');
      await page.getByRole('option', { name: '503' }).click();
      await eventually(async () => expect(await rows.count()).toBe(2));
      await rows.nth(1).getByText('503').waitFor();
      await openPage(page, `${stack.apiUrl}/deliveries?eventType=${TYPE}&responseStatus=none`);
      await page.getByText('No deliveries match these filters').waitFor();
    }));

  it.each(['retrying', 'held'])('have what the overview counts as %s', (status) =>
    operator.run(async (page) => {
      await openPage(page, stack.apiUrl);
      await page
        .getByRole('region', { name: 'Pending deliveries' })
        .getByRole('link', { name: status })
        .click();
      await page.waitForURL(`**/deliveries?status=${status}`);
    }),
  );

  it('have one search', () =>
    operator.run(async (page) => {
      for (const path of ['/webhooks', '/events', '/deliveries', '/event-types', '/tenants']) {
        await openPage(page, stack.apiUrl + path);
        expect(await page.getByRole('button', { name: /^Search/ }).count()).toBe(1);
        expect(await page.getByRole('searchbox').count()).toBe(0);
      }
    }));

  it('of a webhook without traffic have an empty state instead of charts', () =>
    operator.run(async (page) => {
      const { id } = await createActiveWebhook(api, working, { eventTypes: ['never'] });
      await openPage(page, `${stack.apiUrl}/webhooks/${id}`);
      await page.getByText('No deliveries in this period').waitFor();
      expect(await page.getByText(/^Attempts per/).count()).toBe(0);
      await openPage(page, `${stack.apiUrl}/webhooks/${webhookId}`);
      await page
        .getByText(/^Attempts per/)
        .first()
        .waitFor();
      await page.getByText(/Slow: its latest requests failed or took longer than 1 second/).waitFor();
      await page.getByText(/Percentiles of the time from connecting/).waitFor();
    }));
});

describe('the dialog of a replay', () => {
  let replayed: string;

  beforeAll(async () => {
    ({ id: replayed } = await createActiveWebhook(api, working, { eventTypes: ['list.replayed'] }));
    await api.post('/v1/events/batch', {
      events: Array.from({ length: 3 }, () => ({ type: 'list.replayed', data: {} })),
    });
    await eventually(
      async () =>
        expect(
          (await api.get(`/v1/deliveries?status=succeeded&webhookId=${replayed}`)).body.data,
        ).toHaveLength(3),
      { timeoutMs: 20_000 },
    );
  });

  afterAll(async () => {
    await deleteWebhooks();
    await Promise.all([working?.close(), failing?.close()]);
  });

  it('says what a replay is, and how many deliveries it sends', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/webhooks/${replayed}/replays`);
      await page.getByText(/^A replay sends the finished deliveries/).waitFor();
      await page.getByText('No deliveries to replay.').waitFor();
      await openPage(page, `${stack.apiUrl}/webhooks/${replayed}/replays?status=succeeded,failed`);
      await page.getByRole('button', { name: 'Replay 3 deliveries' }).waitFor();
      const { body } = await api.get('/v1/events?type=list.replayed&limit=1');
      await openPage(page, `${stack.apiUrl}/events/${body.data[0].id}`);
      await page.getByRole('button', { name: 'Replay event' }).click();
      const dialog = page.getByRole('dialog', { name: 'Replay this event?' });
      await dialog.getByText(/^A replay sends the finished deliveries/).waitFor();
      await dialog.getByRole('button', { name: 'Replay 1 delivery' }).click();
      await page.getByRole('dialog').getByText('1 of 1 · 1 succeeded').waitFor();
    }));
});

/** Selects a value of a filter that takes several. */
async function choose(page: Page, filter: string, option: string): Promise<void> {
  // The text field of the filter is hidden: the click is for what surrounds it.
  await page.getByRole('combobox', { name: filter, exact: true }).click({ force: true });
  await page.getByRole('option', { name: option, exact: true }).click();
  await page.keyboard.press('Escape');
}
