// A receiver that fails: what it says is seen, and what it missed is delivered again, one, some, and all, by clicking.
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  type RecordedRequest,
  startReceiver,
} from '@posthorn/testkit';
import type { Browser, Page } from 'playwright-core';
import { signIn } from './sign-in.js';
import { verifiedWebhook } from './verified-webhook.js';
import { launchBrowser, visit } from './visit.js';

const FEW = 7;
const MANY = 60;

let stack: Stack;
let browser: Browser;
let receiver: Receiver;
let api: ApiClient;
let webhookId: string;

beforeAll(async () => {
  browser = await launchBrowser();
  stack = await startStack({ ephemeral: true, workers: 1 });
  api = apiClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  webhookId = await verifiedWebhook(api, receiver, { eventTypes: ['*'], retrySchedule: [] });
});

afterAll(async () => {
  await browser?.close();
  await receiver?.close();
  await stack?.stop();
});

it('what a receiver missed is delivered again, one, some and all', () =>
  visit(browser, async (page) => {
    await signIn(page, `${stack.apiUrl}/deliveries`, stack.adminKey);
    const [one = ''] = await fail('invoice.paid', 1);
    await lookInto(page);
    await retryInVain(page);
    await retryOne(page, one);

    const some = await fail('order.placed', FEW);
    await retrySelected(page, some);

    const all = await fail('order.shipped', MANY);
    await replayAll(page, all);
    expectSameRequests(one, 3);
    for (const id of [...some, ...all]) expectSameRequests(id, 2);
  }));

/** Publishes events that the receiver refuses; answers their ids once their deliveries have failed. */
async function fail(type: string, count: number): Promise<string[]> {
  receiver.handle(() => ({ status: 500, body: '{"error":"the disk is full"}' }));
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

async function lookInto(page: Page): Promise<void> {
  await page.reload();
  const row = page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(1);
  await row.getByText('Failed').waitFor();
  await row.getByRole('link', { name: 'invoice.paid' }).click();
  await page.getByText('Attempt 1: answered 500').waitFor();
  await page.getByText('the disk is full').waitFor();
}

async function retryInVain(page: Page): Promise<void> {
  await deliverAgain(page, 'Its retries are used up');
  await page.getByText('Attempt 2: answered 500').waitFor();
  await state(page, 'Failed').waitFor();
}

async function retryOne(page: Page, event: string): Promise<void> {
  receiver.handle(() => ({}));
  await deliverAgain(page, 'with the same webhook-id');
  await receiver.waitFor(() => requestsOf(event).length === 3);
  await page.getByText('Attempt 3: taken with 200').waitFor();
  await state(page, 'Succeeded').waitFor();
}

async function deliverAgain(page: Page, consequence: string): Promise<void> {
  await page.getByRole('button', { name: 'Deliver again' }).click();
  const dialog = page.getByRole('dialog', { name: 'Deliver this again?' });
  await dialog.getByText(consequence).waitFor();
  await dialog.getByRole('button', { name: 'Deliver again' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

async function retrySelected(page: Page, events: string[]): Promise<void> {
  receiver.handle(() => ({}));
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
  await page.getByRole('combobox', { name: 'State' }).click();
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
    .getByRole('button', { name: 'Deliver again' })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Deliver again' }).click();
  await dialog.getByText(`${FEW} of ${FEW} deliveries are pending again.`).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await receiver.waitFor(() => events.every((event) => requestsOf(event).length === 2));
  // Those that were delivered again stay in view, until the list is read anew.
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByText('No delivery fits these filters').waitFor();
}

/** The receiver answers only once the page has shown that it waits. */
async function replayAll(page: Page, events: string[]): Promise<void> {
  const seen = new EventEmitter().setMaxListeners(0);
  receiver.handle(() => once(seen, 'waiting').then(() => ({})));
  await page.goto(`${stack.apiUrl}/webhooks/${webhookId}/replays`);
  await page.getByText('No replays yet').waitFor();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByText(`${MANY} deliveries are replayed`).waitFor();
  const row = page.getByRole('table', { name: 'Replays' }).getByRole('row').nth(1);
  await row.getByText('Running').waitFor();
  await row.getByText(`0 of ${MANY} · ${MANY} pending`).waitFor();
  seen.emit('waiting');
  receiver.handle(() => ({}));
  await row.getByText(`${MANY} of ${MANY} · ${MANY} succeeded`).waitFor();
  await row.getByText('Completed').waitFor();
  expect(events.map((event) => requestsOf(event).length)).toEqual(events.map(() => 2));
}

function requestsOf(event: string): RecordedRequest[] {
  return receiver.requests.filter(({ headers }) => headers['webhook-id'] === event);
}

/** Each attempt sends the same bytes. */
function expectSameRequests(event: string, count: number): void {
  const requests = requestsOf(event);
  expect(requests).toHaveLength(count);
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
}

/** In the heading of the page. */
function state(page: Page, name: string) {
  return page.getByRole('heading', { level: 1 }).getByText(name, { exact: true });
}
