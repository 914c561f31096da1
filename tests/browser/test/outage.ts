// A server that stands still: pages say so, and recover by themselves.
import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import type { Stack } from '@posthorn/local';
import type { Page } from 'playwright-core';
import { type BrowserUser, withNewUser } from './browser-user.js';
import { openPage } from './open-page.js';
import { deleteWebhooks, operations } from './operations.js';
import { signIn } from './sign-in.js';

let stack: Stack;
let operator: BrowserUser;

function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const { pid } of stack.processes()) process.kill(pid, name);
}

const badge = (page: Page, text: string) => page.getByRole('status').getByText(text, { exact: true });

describe('while the server stands still', () => {
  beforeAll(async () => {
    ({ stack, operator } = operations);
    const url = 'https://shop.example.com/hooks';
    await operations.api.post('/v1/webhooks', { url, eventTypes: ['*'] });
  });

  afterEach(() => signal('SIGCONT'));
  afterAll(deleteWebhooks);

  it('the overview is not live, and it is live again afterwards', () =>
    operator.run(async (page) => {
      await openPage(page, stack.apiUrl);
      await badge(page, 'Live').waitFor();
      signal('SIGSTOP');
      await badge(page, 'Reconnecting').waitFor();
      signal('SIGCONT');
      await badge(page, 'Live').waitFor();
      await page.getByRole('alert').waitFor({ state: 'detached' });
    }));

  it('a list shows an error instead of loading without end, and then its rows', () =>
    operator.run(async (page) => {
      await openPage(page, `${stack.apiUrl}/webhooks`);
      await page.getByRole('table', { name: 'Webhooks' }).waitFor();
      signal('SIGSTOP');
      await page.getByRole('combobox', { name: 'Status' }).click();
      await page.getByRole('option', { name: 'Suspended' }).click();
      const error = page.getByRole('alert').filter({ hasText: 'The server does not respond' });
      await error.getByRole('button', { name: 'Try again' }).waitFor();
      signal('SIGCONT');
      await page.getByText('No webhooks match these filters').waitFor();
      await error.waitFor({ state: 'detached' });
    }));

  it('a page without its session shows an error, and is loaded as soon as the server responds', () =>
    withNewUser(
      operations.browser,
      async (page) => {
        await signIn(page, `${stack.apiUrl}/webhooks`, stack.adminKey);
        await page.route('**/v1/session', (route) => route.abort('connectionfailed'));
        await page.reload();
        const error = page.getByRole('alert').filter({ hasText: "Can't reach the server" });
        await error.waitFor();
        await page.unrouteAll();
        await page.getByRole('table', { name: 'Webhooks' }).waitFor();
        await error.waitFor({ state: 'detached' });
      },
      { allowedErrors: /net::ERR_CONNECTION_FAILED|ApiProblem: It may be restarting/ },
    ));
});
