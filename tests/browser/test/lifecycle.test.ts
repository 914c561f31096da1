// The whole life of a webhook, by clicking; its beginning by the keyboard alone.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, apiClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Browser, Page } from 'playwright-core';
import { enterKey } from './sign-in.js';
import { launchBrowser, visit } from './visit.js';

/** Of presses of Tab that lead from anywhere to anywhere in a page. */
const MOST_TABS = 40;

let stack: Stack;
let browser: Browser;
let receiver: Receiver;
let nextReceiver: Receiver;
let api: ApiClient;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, workers: 1 });
  api = apiClient(stack.apiUrl, stack.adminKey);
  [browser, receiver, nextReceiver] = await Promise.all([launchBrowser(), startReceiver(), startReceiver()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([receiver?.close(), nextReceiver?.close()]);
  await stack?.stop();
});

it('a webhook lives from its creation to its end', () =>
  visit(browser, async (page) => {
    await signInAtSecondTry(page);
    const secret = await createWebhook(page);
    await verify(page, receiver);
    await sendTestEvent(page);

    await publish('invoice.paid', receiver);
    await seeDelivery(page, 'invoice.paid');

    await changeEventTypes(page);
    await publish('order.placed', receiver);
    await stageUrl(page);
    await publish('order.placed', receiver);
    await verify(page, nextReceiver);
    await publish('order.placed', nextReceiver);

    await suspend(page);
    await reactivate(page);
    await publish('invoice.paid', nextReceiver);

    expect(await rotateSecret(page)).not.toBe(secret);
    await publish('invoice.paid', nextReceiver);
    expect(signaturesOf(nextReceiver)).toHaveLength(2);
    // The old secret overlaps, so that every request since the beginning fits it.
    receiver.verify(secret);
    nextReceiver.verify(secret);

    await deleteWebhook(page);
  }));

it('a webhook is made and verified by the keyboard alone', () =>
  visit(browser, async (page) => {
    const { keyboard } = page;
    await page.goto(`${stack.apiUrl}/webhooks`);
    await tabTo(page, 'API key');
    await keyboard.type(stack.adminKey);
    await keyboard.press('Enter');
    await page.getByText('No webhooks yet').waitFor();
    await tabTo(page, 'New webhook');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New webhook' }).waitFor();
    await tabTo(page, 'URL');
    await keyboard.type(receiver.url);
    await tabTo(page, 'Event types');
    await keyboard.type('invoice.*');
    await keyboard.press('Enter');
    await tabTo(page, 'Create the webhook');
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Signing secret' }).waitFor();
    await tabTo(page, 'I have kept it');
    await keyboard.press('Enter');
    await tabTo(page, 'Send verification code');
    await keyboard.press('Enter');
    await page.getByRole('status').getByText('Answered 200').waitFor();
    await tabTo(page, 'Code');
    await keyboard.type(receiver.requests.at(-1)?.json().data.code);
    await keyboard.press('Enter');
    await badge(page, 'Active').waitFor();
  }));

/** Presses Tab until the focus is on what has this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  const wanted = page
    .getByRole('textbox', { name, exact: true })
    .or(page.getByRole('combobox', { name, exact: true }))
    .or(page.getByRole('link', { name, exact: true }))
    .or(page.getByRole('button', { name, exact: true }))
    .or(page.getByLabel(name, { exact: true }));
  await wanted.first().waitFor();
  const isThere = () =>
    wanted.evaluateAll((elements) => elements.some((element) => element === document.activeElement));
  for (let presses = 0; !(await isThere()); presses++) {
    if (presses === MOST_TABS) throw new Error(`Tab does not lead to "${name}"`);
    await page.keyboard.press('Tab');
  }
}

async function signInAtSecondTry(page: Page): Promise<void> {
  await page.goto(`${stack.apiUrl}/webhooks`);
  await enterKey(page, `phk_${'wrong'.repeat(8)}`);
  await page.getByRole('alert').getByText('This key is not known').waitFor();
  await enterKey(page, stack.adminKey);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByText('No webhooks yet').waitFor();
  expect(page.url()).toBe(`${stack.apiUrl}/webhooks`);
}

/** Answers the secret, which the page shows once. */
async function createWebhook(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'New webhook' }).first().click();
  await page.getByLabel('URL', { exact: true }).fill(receiver.url);
  const eventTypes = page.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('invoice.*');
  await eventTypes.press('Enter');
  await page.getByRole('button', { name: 'Create the webhook' }).click();
  const secret = await keepSecret(page, 'Signing secret');
  await badge(page, 'Pending validation').waitFor();
  expect(await page.locator('body').innerText()).not.toContain(secret);
  return secret;
}

async function keepSecret(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title });
  const secret = await dialog.getByText(/^whsec_/).innerText();
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await dialog.waitFor({ state: 'hidden' });
  return secret;
}

/** Enters the code that the receiver got, at the second try. */
async function verify(page: Page, { url, requests }: Receiver): Promise<void> {
  await page.getByRole('button', { name: 'Send verification code' }).click();
  await page.getByRole('status').getByText('Answered 200').waitFor();
  const code = page.getByLabel('Code', { exact: true });
  await code.fill('AAAAAAAA');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').getByText('4 tries are left').waitFor();
  await code.fill(requests.at(-1)?.json().data.code);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The URL is verified').waitFor();
  await code.waitFor({ state: 'hidden' });
  await heading(page, url).waitFor();
  await badge(page, 'Active').waitFor();
}

async function sendTestEvent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send a test event' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send a test event' });
  await dialog.getByLabel('Event type').fill('invoice.test');
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await dialog.getByText('Answered 200').waitFor();
  await dialog.getByText(`POST ${receiver.url}`).waitFor();
  await dialog
    .getByRole('group', { name: 'Headers of the request' })
    .getByText('webhook-signature: v1,')
    .waitFor();
  expect(receiver.requests.at(-1)?.json().type).toBe('invoice.test');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

/** Publishes an event by the API; the receiver gets it, and its delivery is on record. */
async function publish(type: string, { requests, waitFor }: Receiver): Promise<void> {
  const count = requests.length;
  const { body } = await api.post('/v1/events', { type, data: { id: 'in_1' } });
  expect(body.deliveries).toBe(1);
  await waitFor(count + 1);
  expect(requests.at(-1)?.json().id).toBe(body.id);
  await eventually(async () => {
    expect((await api.get(`/v1/events/${body.id}/deliveries`)).body.data[0].status).toBe('succeeded');
  });
}

async function seeDelivery(page: Page, type: string): Promise<void> {
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
  const row = page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(1);
  await row.getByText('Succeeded').waitFor();
  await row.getByRole('link', { name: type }).click();
  await page.getByText('Attempt 1: taken with 200').waitFor();
  await page.getByRole('link', { name: receiver.url }).click();
}

async function changeEventTypes(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click();
  const eventTypes = page.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('order.placed');
  await eventTypes.press('Enter');
  await save(page);
}

async function stageUrl(page: Page): Promise<void> {
  await page.getByLabel('URL', { exact: true }).fill(nextReceiver.url);
  await save(page);
  await page.getByRole('heading', { name: 'New URL, not in use yet' }).waitFor();
  await heading(page, receiver.url).waitFor();
}

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The settings are saved').last().waitFor();
  await page.getByText('Not saved yet').waitFor({ state: 'hidden' });
}

/** With a delivery that waits for its retry: the dialog says that it goes. */
async function suspend(page: Page): Promise<void> {
  nextReceiver.handle(() => ({ status: 500 }));
  const { body } = await api.post('/v1/events', { type: 'order.placed', data: {} });
  await nextReceiver.waitFor((requests) => requests.at(-1)?.json().id === body.id);
  nextReceiver.handle(() => ({}));

  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog', { name: 'Suspend this webhook?' });
  await dialog.getByText('1 pending delivery is dropped for good.').waitFor();
  await dialog.getByLabel('Reason').fill('moving house');
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('Suspended. 1 pending delivery is dropped.').waitFor();
  await badge(page, 'Suspended').waitFor();
}

async function reactivate(page: Page): Promise<void> {
  const { body } = await api.post('/v1/events', { type: 'order.placed', data: {} });
  expect(body.deliveries).toBe(0);
  await page.getByRole('button', { name: 'Reactivate' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reactivate this webhook?' });
  await dialog.getByText('Nothing comes back by itself').waitFor();
  await dialog.getByRole('button', { name: 'Reactivate' }).click();
  await badge(page, 'Active').waitFor();
}

async function rotateSecret(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  return keepSecret(page, 'New signing secret');
}

function signaturesOf({ requests }: Receiver): string[] {
  return (requests.at(-1)?.headers['webhook-signature'] ?? '').split(' ');
}

async function deleteWebhook(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this webhook?' });
  const confirm = dialog.getByRole('button', { name: 'Delete' });
  const { host } = new URL(nextReceiver.url);
  await dialog.getByLabel(`Type ${host} to confirm`).fill('something else');
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel(`Type ${host} to confirm`).fill(host);
  await confirm.click();
  await page.getByText('No webhooks yet').waitFor();
}

function heading(page: Page, name: string) {
  return page.getByRole('heading', { name, level: 1 });
}

/** The state in the heading of the page. */
function badge(page: Page, state: string) {
  return page.getByRole('heading', { level: 1 }).getByText(state, { exact: true });
}
