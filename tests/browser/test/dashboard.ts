import { afterAll, beforeAll } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type BrowserUser, launchBrowser, newBrowserUser, useBrowserTimeout } from './browser-user.js';
import { type HostPage, startHostPage } from './host-page.js';
import { type SeededStack, startSeededStack } from './seeded-stack.js';
import { signIn } from './sign-in.js';

interface Dashboard {
  browser: Browser;
  /** May embed the portal. */
  host: HostPage;
  seeded: SeededStack;
  /** Is signed in with the admin key. */
  operator: BrowserUser;
}

/** A browser and a stack with data, which all tests of a file share. Set before the first test. */
export const dashboard = {} as Dashboard;

useBrowserTimeout();
beforeAll(async () => {
  dashboard.browser = await launchBrowser();
  dashboard.host = await startHostPage();
  dashboard.seeded = await startSeededStack({
    POSTHORN_PORTAL_FRAME_ANCESTORS: dashboard.host.origin,
    // Emails are offered, and none is sent.
    POSTHORN_SMTP_URL: 'smtp://127.0.0.1:9',
    POSTHORN_SMTP_FROM: 'webhooks@hooks.example',
  });
  dashboard.operator = await newBrowserUser(dashboard.browser);
  const { apiUrl, adminKey } = dashboard.seeded.stack;
  await dashboard.operator.run((page) => signIn(page, apiUrl, adminKey));
});

afterAll(async () => {
  await dashboard.browser?.close();
  await Promise.all([dashboard.host?.close(), dashboard.seeded?.close()]);
});
