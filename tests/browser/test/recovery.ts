// Recovery from an outage in the UI: everything at once from the overview or a webhook, or one pending delivery.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import type { Page } from 'playwright-core';
import type { BrowserUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { deleteWebhooks, operations } from './operations.js';

const COUNT = 33;

let stack: Stack;
let operator: BrowserUser;
let receiver: Receiver;
let api: ApiClient;
let webhookId: string;

/** Health is evaluated every 10 seconds, and pages load it again every 15. */
const HEALTH_TIMEOUT = { timeout: 45_000 };

describe('a recovery', () => {
  beforeAll(async () => {
    ({ stack, operator, api } = operations);
    receiver = await startReceiver();
    ({ id: webhookId } = await createActiveWebhook(api, receiver, { retrySchedule: [3600] }));
    receiver.handle(() => ({ status: 500 }));
    const events = Array.from({ length: COUNT }, (_, n) => ({ type: 'invoice.paid', data: { n } }));
    await api.post('/v1/events/batch', { events });
    await eventually(
      async () => {
        const since = new Date(0).toISOString();
        expect((await api.post('/v1/recoveries', { since, dryRun: true })).body.total).toBe(COUNT);
      },
      { timeoutMs: 20_000 },
    );
  });

  afterAll(async () => {
    await deleteWebhooks();
    await receiver?.close();
  });

  it(
    'of all webhooks is started on the overview, and shows in red that they failed again',
    () =>
      operator.run(async (page) => {
        await openPage(page, stack.apiUrl);
        const attention = page.getByRole('region', { name: 'Needs attention' });
        await attention.getByRole('button', { name: 'Recover all tenants' }).click(HEALTH_TIMEOUT);
        await confirm(page, 'Recover all tenants');
        await heading(page).getByText(`Completed, ${COUNT} failed`).waitFor();
        await page.getByText(`${COUNT} of ${COUNT} · ${COUNT} failed again, will be retried`).waitFor();
        await page.getByRole('link', { name: 'Recoveries' }).first().click();
        const row = page.getByRole('table', { name: 'Recoveries' }).getByRole('row').nth(1);
        await row.getByText(`Completed, ${COUNT} failed`).waitFor();
        await row.getByText('All tenants').waitFor();
      }),
    90_000,
  );

  it('of one pending delivery sends it now', () =>
    operator.run(async (page) => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending&limit=1`);
      await openPage(page, `${stack.apiUrl}/deliveries/${body.data[0].id}`);
      await page.getByRole('button', { name: 'Retry now' }).click();
      const dialog = page.getByRole('dialog', { name: 'Retry this delivery now?' });
      await dialog.getByText('the retry schedule continues as before').waitFor();
      await dialog.getByRole('button', { name: 'Retry now' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('Attempt 3 failed · HTTP 500').waitFor();
      await page.getByRole('button', { name: 'Retry now' }).waitFor();
    }));

  it('is cancelled, and completed, from the page of the webhook', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/webhooks/${webhookId}`);
      receiver.handle(() => 'hang');
      await recoverWebhook(page);
      await heading(page).getByText('Running').waitFor();
      await page.getByRole('button', { name: 'Cancel recovery' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel recovery' }).click();
      await heading(page).getByText('Cancelled').waitFor();

      receiver.handle(() => ({ status: 500 }));
      await settle();
      receiver.handle(() => ({}));
      await openPage(page, `${stack.apiUrl}/webhooks/${webhookId}`);
      const { body } = await api.post('/v1/recoveries', {
        since: new Date(0).toISOString(),
        webhookId,
        dryRun: true,
      });
      expect(body.total).toBe(COUNT);
      await recoverWebhook(page);
      await heading(page).getByText('Completed').waitFor();
      await page.getByText(`${body.total} of ${body.total} · ${body.total} succeeded`).waitFor();
    }));
});

/** Opens the dialog on the page of the webhook, and starts the recovery. */
async function recoverWebhook(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Recover this webhook' }).click();
  await confirm(page, 'Recover this webhook');
}

async function confirm(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name });
  await dialog.getByText(/^\d+ deliver(y|ies) · 1 webhook$/).waitFor();
  await dialog.getByRole('button', { name: /^Recover \d+ deliver/ }).click();
}

/** Waits until no delivery is due. */
async function settle(): Promise<void> {
  await eventually(
    async () => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending&limit=200`);
      const due = body.data.filter(
        ({ nextAttemptAt }: { nextAttemptAt: string | null }) =>
          nextAttemptAt === null || Date.parse(nextAttemptAt) <= Date.now(),
      );
      expect(due).toEqual([]);
    },
    { timeoutMs: 40_000 },
  );
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
