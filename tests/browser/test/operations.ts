import { afterAll, beforeAll } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, apiClient, testServers, type TestServers } from '@posthorn/testkit';
import type { Browser } from 'playwright-core';
import { type BrowserUser, launchBrowser, newBrowserUser, useBrowserTimeout } from './browser-user.js';
import { signIn } from './sign-in.js';

interface Operations {
  browser: Browser;
  stack: Stack;
  api: ApiClient;
  /** Is signed in with the admin key. */
  operator: BrowserUser;
}

/** A browser and a stack without data, which all tests of operations.test.ts share. Set before the first test. */
export const operations = {} as Operations;

let servers: TestServers;

useBrowserTimeout();
beforeAll(async () => {
  operations.browser = await launchBrowser();
  servers = await testServers();
  operations.stack = await startStack({
    ephemeral: true,
    role: 'all',
    servers,
    env: { POSTHORN_ATTESTATION_UNTIL: new Date(Date.now() + 3_600_000).toISOString() },
  });
  const { apiUrl, adminKey } = operations.stack;
  operations.api = apiClient(apiUrl, adminKey);
  operations.operator = await newBrowserUser(operations.browser);
  await operations.operator.run((page) => signIn(page, apiUrl, adminKey));
});

afterAll(async () => {
  await operations.browser?.close();
  await operations.stack?.stop();
  await servers?.drop();
});

/** Deletes all webhooks, so that they get no events of further tests. */
export async function deleteWebhooks(): Promise<void> {
  const { body } = await operations.api.get('/v1/webhooks');
  for (const { id } of body.data) await operations.api.delete(`/v1/webhooks/${id}`);
}
