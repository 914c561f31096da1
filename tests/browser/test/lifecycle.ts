// The lifecycle of a webhook with the mouse, and its creation with the keyboard only.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import { type ApiClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Browser, Page } from 'playwright-core';
import { enterKey } from './sign-in.js';
import { withNewUser } from './browser-user.js';
import { deleteWebhooks, operations } from './operations.js';

/** Tab presses within which every element of a page is reachable. */
const MAX_TABS = 40;

let stack: Stack;
let browser: Browser;
let receiver: Receiver;
let nextReceiver: Receiver;
let api: ApiClient;

describe('the lifecycle of a webhook', () => {
  beforeAll(async () => {
    ({ stack, browser, api } = operations);
    [receiver, nextReceiver] = await Promise.all([startReceiver(), startReceiver()]);
  });

  afterAll(async () => {
    await deleteWebhooks();
    await Promise.all([receiver?.close(), nextReceiver?.close()]);
  });

  it('is covered from creation to deletion', () =>
    withNewUser(browser, async (page) => {
      await signInWithSecondKey(page);
      const secret = await createWebhook(page);
      await validate(page, receiver);
      await sendTestEvent(page);

      await publish('invoice.paid', receiver);
      await seeDelivery(page, 'invoice.paid');

      await changeEventTypes(page);
      await publish('order.placed', receiver);
      await stageUrl(page);
      await publish('order.placed', receiver);
      await validate(page, nextReceiver);
      await publish('order.placed', nextReceiver);

      await suspend(page);
      await reactivate(page);
      await publish('invoice.paid', nextReceiver);

      expect(await rotateSecret(page)).not.toBe(secret);
      await publish('invoice.paid', nextReceiver);
      expect(signaturesOf(nextReceiver)).toHaveLength(2);
      // The old secret has not expired, so it verifies all requests.
      receiver.verify(secret);
      nextReceiver.verify(secret);
      await endOlderSecret(page);
      await publish('invoice.paid', nextReceiver);
      expect(signaturesOf(nextReceiver)).toHaveLength(1);
      await createSigningKey(page);
      await publish('invoice.paid', nextReceiver);
      expect(signaturesOf(nextReceiver)).toHaveLength(2);
      await setFormat(page);
      await beShadow(page);
      await attestUrl(page);

      await deleteWebhook(page);
    }));

  it('starts with the keyboard only', () =>
    withNewUser(browser, async (page) => {
      const { keyboard } = page;
      await page.goto(`${stack.apiUrl}/webhooks`);
      await tabTo(page, 'API key');
      await keyboard.type(stack.adminKey);
      await keyboard.press('Enter');
      await page.getByText('No webhooks yet').waitFor();
      await tabTo(page, 'Create webhook');
      await keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Create webhook' }).waitFor();
      await tabTo(page, 'URL');
      await keyboard.type(receiver.url);
      await tabTo(page, 'Event types');
      await keyboard.type('invoice.*');
      await keyboard.press('Enter');
      await tabTo(page, 'Create webhook');
      await keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Signing secret' }).waitFor();
      await tabTo(page, "I've saved it");
      await keyboard.press('Enter');
      await tabTo(page, 'Send code');
      await keyboard.press('Enter');
      await page.getByRole('status').getByText('HTTP 200').waitFor();
      await tabTo(page, 'Validation code');
      await keyboard.type(receiver.requests.at(-1)?.json().data.code);
      await keyboard.press('Enter');
      await badge(page, 'Active').waitFor();
    }));
});

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const target = page
    .getByRole('textbox', { name, exact: true })
    .or(page.getByRole('combobox', { name, exact: true }))
    .or(page.getByRole('link', { name, exact: true }))
    .or(page.getByRole('button', { name, exact: true }))
    .or(page.getByLabel(name, { exact: true }));
  await target.first().waitFor();
  const hasFocus = () =>
    target.evaluateAll((elements) => elements.some((element) => element === document.activeElement));
  for (let presses = 0; !(await hasFocus()); presses++) {
    if (presses === MAX_TABS) throw new Error(`"${name}" is not reachable with Tab`);
    await page.keyboard.press('Tab');
  }
}

async function signInWithSecondKey(page: Page): Promise<void> {
  await page.goto(`${stack.apiUrl}/webhooks`);
  await enterKey(page, `phk_${'wrong'.repeat(8)}`);
  await page.getByRole('alert').getByText('Invalid or expired API key.').waitFor();
  await enterKey(page, stack.adminKey);
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByText('No webhooks yet').waitFor();
  expect(page.url()).toBe(`${stack.apiUrl}/webhooks`);
}

/** Returns the secret, which the page shows once. */
async function createWebhook(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Create webhook' }).first().click();
  await page.getByLabel('URL', { exact: true }).fill(receiver.url);
  const eventTypes = page.getByRole('combobox', { name: 'Event types' });
  await eventTypes.fill('invoice.*');
  await eventTypes.press('Enter');
  await page.getByRole('button', { name: 'Create webhook' }).click();
  const secret = await saveSecret(page, 'Signing secret');
  await badge(page, 'Pending validation').waitFor();
  expect(await page.locator('body').innerText()).not.toContain(secret);
  return secret;
}

async function saveSecret(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole('dialog', { name: title });
  const secret = await dialog.getByText(/^whsec_/).innerText();
  await dialog.getByRole('button', { name: "I've saved it" }).click();
  await dialog.waitFor({ state: 'hidden' });
  return secret;
}

/** Enters a wrong code, then the code that the receiver got. */
async function validate(page: Page, { url, requests }: Receiver): Promise<void> {
  await page.getByRole('button', { name: 'Send code' }).click();
  await page.getByRole('status').getByText('HTTP 200').waitFor();
  const code = page.getByLabel('Validation code', { exact: true });
  await code.fill('AAAAAAAA');
  await page.getByRole('button', { name: 'Validate URL' }).click();
  await page.getByRole('alert').getByText('4 attempts left').waitFor();
  await code.fill(requests.at(-1)?.json().data.code);
  await page.getByRole('button', { name: 'Validate URL' }).click();
  await page.getByText('URL validated').waitFor();
  await code.waitFor({ state: 'hidden' });
  await heading(page, url).waitFor();
  await badge(page, 'Active').waitFor();
}

async function sendTestEvent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send test event' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send test event' });
  await dialog.getByLabel('Event type').fill('invoice.test');
  await dialog.getByRole('button', { name: 'Send test event' }).click();
  await dialog.getByText('HTTP 200').waitFor();
  await dialog.getByText(`POST ${receiver.url}`).waitFor();
  await dialog.getByRole('group', { name: 'Request headers' }).getByText('webhook-signature: v1,').waitFor();
  expect(receiver.requests.at(-1)?.json().type).toBe('invoice.test');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

/** Publishes an event with the API. Waits until the receiver has it and its delivery has succeeded. */
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
  await page.getByText('Attempt 1 succeeded · HTTP 200').waitFor();
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
  await page.getByRole('heading', { name: 'Validate the new URL' }).waitFor();
  await heading(page, receiver.url).waitFor();
}

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Settings saved').last().waitFor();
  await page.getByText('Unsaved changes').waitFor({ state: 'hidden' });
}

/** Suspends while a delivery is pending. The dialog states that it will be dropped. */
async function suspend(page: Page): Promise<void> {
  nextReceiver.handle(() => ({ status: 500 }));
  const { body } = await api.post('/v1/events', { type: 'order.placed', data: {} });
  await nextReceiver.waitFor((requests) => requests.at(-1)?.json().id === body.id);
  nextReceiver.handle(() => ({}));

  await page.getByRole('button', { name: 'Suspend webhook' }).click();
  const dialog = page.getByRole('dialog', { name: 'Suspend this webhook?' });
  await dialog.getByText('1 pending delivery is dropped').waitFor();
  await dialog.getByLabel('Reason').fill('maintenance');
  await dialog.getByRole('button', { name: 'Suspend webhook' }).click();
  await page.getByText('Webhook suspended. 1 pending delivery dropped.').waitFor();
  await badge(page, 'Suspended').waitFor();
}

async function reactivate(page: Page): Promise<void> {
  const { body } = await api.post('/v1/events', { type: 'order.placed', data: {} });
  expect(body.deliveries).toBe(0);
  await page.getByRole('button', { name: 'Reactivate webhook' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reactivate this webhook?' });
  await dialog.getByText('published while suspended').waitFor();
  await dialog.getByRole('button', { name: 'Reactivate webhook' }).click();
  await badge(page, 'Active').waitFor();
}

async function rotateSecret(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate signing secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rotate signing secret?' });
  await dialog.getByRole('button', { name: 'Rotate secret' }).click();
  return saveSecret(page, 'New signing secret');
}

async function endOlderSecret(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click();
  const secrets = page.getByRole('list', { name: 'Signing secrets' }).getByRole('listitem');
  // An id is of no use to a receiver, but looks like a secret.
  expect(await secrets.getByRole('button', { name: 'Copy' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Rotate signing secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rotate signing secret?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await secrets.nth(1).getByRole('button', { name: 'End' }).click();
  await page.getByRole('button', { name: 'End secret' }).click();
  await page.getByText('Signing secret ended').waitFor();
  await secrets.nth(1).waitFor({ state: 'detached' });
  expect(await page.getByRole('button', { name: 'End', exact: true }).count()).toBe(0);
}

async function createSigningKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create key' }).click();
  const keys = page.getByRole('list', { name: 'Ed25519 keys' }).getByRole('listitem');
  expect(await keys.first().textContent()).toContain('whpk_');
}

/** Chooses the body and the signatures, looks at the preview and sends a test event. */
async function setFormat(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Body' }).click();
  await page.getByRole('option', { name: 'Only the data' }).click();
  await page.getByRole('combobox', { name: 'Signatures' }).press('ArrowDown');
  await page.getByRole('option', { name: 'Stripe' }).click();
  await page.getByRole('button', { name: 'Preview request' }).click();
  await page.getByText('stripe-signature: t=').waitFor();
  await save(page);
  await api.post('/v1/events', { type: 'invoice.paid', data: { id: 'formatted' } });
  await nextReceiver.waitFor((requests) => requests.at(-1)?.body === '{"id":"formatted"}');
  expect(nextReceiver.requests.at(-1)?.headers).toMatchObject({
    'stripe-signature': expect.stringContaining('v1='),
    'webhook-signature': expect.stringContaining('v1a,'),
  });
}

/** Makes the webhook a shadow and sees that a delivery is dropped, then ends the shadow. */
async function beShadow(page: Page): Promise<void> {
  const change = async (label: string, question: string, warning?: string) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: label }).click();
    const dialog = page.getByRole('dialog', { name: question });
    if (warning !== undefined) await dialog.getByText(warning).waitFor();
    await dialog.getByRole('button', { name: label }).click();
  };
  await change('Enable shadow mode', 'Enable shadow mode?');
  await page.getByRole('status').getByText('Deliveries are recorded but not sent').waitFor();
  const received = nextReceiver.requests.length;
  await api.post('/v1/events', { type: 'invoice.paid', data: { id: 'shadowed' } });
  await page.getByRole('link', { name: 'Deliveries', exact: true }).last().click();
  const row = page.getByRole('table', { name: 'Deliveries' }).getByRole('row').nth(1);
  await row.getByText('Shadow').waitFor();
  expect(nextReceiver.requests).toHaveLength(received);
  const refuse = (webhooks: object[]) =>
    api.put('/v1/tenants/default/refused-imports', { source: 'Old', webhooks });
  await refuse([{ externalId: 'refused', url: 'https://refused.example/', reason: 'its filter is unknown' }]);
  await change(
    'Disable shadow mode',
    'Disable shadow mode?',
    'https://refused.example/: its filter is unknown',
  );
  await page.getByText('Deliveries are recorded but not sent').waitFor({ state: 'detached' });
  await refuse([]);
}

/** Attests a staged URL. */
async function attestUrl(page: Page): Promise<void> {
  const url = `${nextReceiver.url}?attested`;
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('URL', { exact: true }).fill(url);
  await save(page);
  await page.getByLabel('Attest without a code').fill('receives already');
  await page.getByRole('button', { name: 'Attest URL' }).click();
  await heading(page, url).waitFor();
  await page.getByRole('link', { name: 'Overview' }).last().click();
  await page.getByText(/^By .* on .*: receives already$/).waitFor();
}

function signaturesOf({ requests }: Receiver): string[] {
  return (requests.at(-1)?.headers['webhook-signature'] ?? '').split(' ');
}

async function deleteWebhook(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete webhook' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this webhook?' });
  const confirm = dialog.getByRole('button', { name: 'Delete webhook' });
  const { host } = new URL(nextReceiver.url);
  await dialog.getByLabel(`Type ${host} to confirm`).fill('something else');
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel(`Type ${host} to confirm`).fill(host);
  await confirm.click();
  await page.getByText('No webhooks yet').waitFor();
  await page.goBack();
  await page.getByRole('alert').getByText('Webhook not found').waitFor();
  expect(await badge(page, 'Active').count()).toBe(0);
}

function heading(page: Page, name: string) {
  return page.getByRole('heading', { name, level: 1 });
}

/** The status in the page heading. */
function badge(page: Page, status: string) {
  return page.getByRole('heading', { level: 1 }).getByText(status, { exact: true });
}
