// A failing receiver: the dashboard shows its response. One, several and all failed deliveries retried in the UI.
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import {
  type ApiClient,
  eventually,
  type Receiver,
  type RecordedRequest,
  startReceiver,
  createActiveWebhook,
} from '@posthorn/testkit';
import type { Page } from 'playwright-core';
import type { BrowserUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { deleteWebhooks, operations } from './operations.js';

const FEW = 7;
const MANY = 60;

let stack: Stack;
let operator: BrowserUser;
let receiver: Receiver;
let api: ApiClient;
let webhookId: string;

describe('a failing receiver', () => {
  beforeAll(async () => {
    ({ stack, operator, api } = operations);
    receiver = await startReceiver();
    ({ id: webhookId } = await createActiveWebhook(api, receiver, { retrySchedule: [] }));
  });

  afterAll(async () => {
    await deleteWebhooks();
    await receiver?.close();
  });

  it('gets one, several and all failed deliveries again', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/deliveries`);
      const [one = ''] = await fail('invoice.paid', 1);
      await openFailedDelivery(page);
      await retryAndFail(page);
      await retryOne(page, one);

      const some = await fail('order.placed', FEW);
      await retrySelected(page, some);

      const all = await fail('order.shipped', MANY);
      await replayAll(page, all);
      expectSameRequests(one, 3);
      for (const id of [...some, ...all]) expectSameRequests(id, 2);
    }));

  it(
    'is shown on the overview and in the list, until it recovers',
    () =>
      operator.run(async (page) => {
        // A new webhook: the health of the previous one may change at any moment.
        await deleteWebhooks();
        await createActiveWebhook(api, receiver, { retrySchedule: [] });
        await openPage(page, stack.apiUrl);
        const attention = page.getByRole('region', { name: 'Needs attention' });
        await attention.getByText('Nothing needs attention').waitFor();
        await fail('invoice.voided', 60);
        await attention.getByRole('button', { name: /^Acknowledge / }).click(HEALTH_TIMEOUT);
        await attention.getByText('Acknowledged').waitFor();
        expect(await attention.getByRole('button', { name: /^Acknowledge / }).count()).toBe(0);
        await attention.getByRole('link', { name: 'View all 1' }).click();
        const row = page.getByRole('table', { name: 'Webhooks' }).getByRole('row').nth(1);
        await row.getByText('Failing').waitFor();
        expect(new URL(page.url()).search).toBe('?health=failing');
        await row.getByRole('link').click();
        await page.getByRole('status').getByText('Last result: 500').waitFor(HEALTH_TIMEOUT);
        await page.getByText(/Attempts per hour\. .*Failed: [1-9]/).waitFor();
        // The colors of the legend.
        await page.locator('.mantine-ColorSwatch-root').first().waitFor();

        receiver.handle(() => ({}));
        await api.post('/v1/events/batch', {
          events: Array.from({ length: 200 }, () => ({ type: 'invoice.paid', data: {} })),
        });
        await page.getByRole('heading', { level: 1 }).getByText('Healthy').waitFor(HEALTH_TIMEOUT);
      }),
    90_000,
  );
});

/** Health is evaluated every 10 seconds, and pages load it again every 15. */
const HEALTH_TIMEOUT = { timeout: 45_000 };

/** Publishes events that the receiver rejects. Returns their IDs when their deliveries have failed. */
async function fail(type: string, count: number): Promise<string[]> {
  const headers = { 'x-request-id': 'r-1', 'set-cookie': 'a=1' };
  receiver.handle(() => ({ status: 500, headers, body: '{"error":"the disk is full"}' }));
  const events = Array.from({ length: count }, (_, number) => ({ type, data: { number } }));
  const { body } = await api.post('/v1/events/batch', { events });
  expect(body.rejected).toEqual([]);
  await eventually(
    async () => {
      const failed = await api.get(`/v1/deliveries?status=failed&eventType=${type}&limit=100`);
      expect(failed.body.data).toHaveLength(count);
    },
    { timeoutMs: 20_000 },
  );
  return body.accepted.map(({ id }: { id: string }) => id);
}

async function openFailedDelivery(page: Page): Promise<void> {
  await page.reload();
  const row = page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(1);
  await row.getByText('Failed').waitFor();
  await row.getByRole('link', { name: 'invoice.paid' }).click();
  await page.getByText('Attempt 1 failed · HTTP 500').waitFor();
  await page.getByText('the disk is full').waitFor();
  const response = page.getByRole('group', { name: 'Response headers of attempt 1' });
  await response.getByText('x-request-id: r-1').waitFor();
  await response.getByText('set-cookie: [redacted]').waitFor();
  await page.getByText('Recomputed from the current settings of the webhook').waitFor();
  await page.getByRole('button', { name: 'Show request' }).click();
  const request = page.getByRole('group', { name: 'Request headers of attempt 1' });
  await request.getByText('webhook-signature: v1,').waitFor();
  await page.getByRole('button', { name: 'Hide request' }).click();
  await request.waitFor({ state: 'detached' });
}

async function retryAndFail(page: Page): Promise<void> {
  await retryDelivery(page, 'No automatic retries are left');
  await page.getByText('Attempt 2 failed · HTTP 500').waitFor();
  await page.getByText('Manual retry').waitFor();
  await status(page, 'Failed').waitFor();
}

async function retryOne(page: Page, event: string): Promise<void> {
  receiver.handle(() => ({}));
  await retryDelivery(page, 'with the same webhook-id');
  await receiver.waitFor(() => requestsOf(event).length === 3);
  await page.getByText('Attempt 3 succeeded · HTTP 200').waitFor();
  await status(page, 'Succeeded').waitFor();
}

async function retryDelivery(page: Page, effect: string): Promise<void> {
  await page.getByRole('button', { name: 'Retry delivery' }).click();
  const dialog = page.getByRole('dialog', { name: 'Retry this delivery?' });
  await dialog.getByText(effect).waitFor();
  await dialog.getByRole('button', { name: 'Retry delivery' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

async function retrySelected(page: Page, events: string[]): Promise<void> {
  receiver.handle(() => ({}));
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
  await page.getByRole('combobox', { name: 'Status', exact: true }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  const list = page.getByRole('table', { name: 'Deliveries' });
  await list
    .getByText('order.placed')
    .nth(FEW - 1)
    .waitFor();
  await list.getByRole('checkbox', { name: /^Select the first/ }).check();
  await page.getByText(`${FEW} selected`).waitFor();
  await page
    .getByRole('region', { name: 'Selection' })
    .getByRole('button', { name: 'Retry selected' })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Retry deliveries' }).click();
  await dialog.getByText(`${FEW} of ${FEW} deliveries retried`).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await receiver.waitFor(() => events.every((event) => requestsOf(event).length === 2));
  // Retried deliveries stay in the list until it is refreshed.
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('No deliveries match these filters').waitFor();
}

/** The receiver responds only after the page has shown the pending deliveries. */
async function replayAll(page: Page, events: string[]): Promise<void> {
  const gate = new EventEmitter().setMaxListeners(0);
  receiver.handle(() => once(gate, 'open').then(() => ({})));
  await openPage(page, `${stack.apiUrl}/webhooks/${webhookId}/replays`);
  await page.getByText('No replays yet').waitFor();
  await page.getByRole('button', { name: `Replay ${MANY} deliveries` }).click();
  await page.getByText(`Replay started for ${MANY} deliveries`).waitFor();
  const row = page.getByRole('table', { name: 'Replays' }).getByRole('row').nth(1);
  await row.getByText('Running').waitFor();
  await row.getByText(`0 of ${MANY} · ${MANY} pending`).waitFor();
  gate.emit('open');
  receiver.handle(() => ({}));
  await row.getByText(`${MANY} of ${MANY} · ${MANY} succeeded`).waitFor();
  await row.getByText('Completed').waitFor();
  expect(events.map((event) => requestsOf(event).length)).toEqual(events.map(() => 2));
}

function requestsOf(event: string): RecordedRequest[] {
  return receiver.requests.filter(({ headers }) => headers['webhook-id'] === event);
}

/** Expects that all attempts sent the same bytes. */
function expectSameRequests(event: string, count: number): void {
  const requests = requestsOf(event);
  expect(requests).toHaveLength(count);
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
}

/** The status in the page heading. */
function status(page: Page, name: string) {
  return page.getByRole('heading', { level: 1 }).getByText(name, { exact: true });
}
