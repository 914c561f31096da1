import { afterAll, beforeAll } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type BrowserUser, launchBrowser, newBrowserUser, useBrowserTimeout } from './browser-user.js';
import { type SeededStack, startSeededStack } from './seeded-stack.js';
import { signIn } from './sign-in.js';

export interface Dashboard {
  readonly browser: Browser;
  readonly seeded: SeededStack;
  /** Is signed in with the admin key. */
  readonly operator: BrowserUser;
}

/** Starts a browser and a stack with data for the test file, and signs an operator in. */
export function useDashboard(): Dashboard {
  useBrowserTimeout();
  let browser: Browser;
  let seeded: SeededStack;
  let operator: BrowserUser;
  beforeAll(async () => {
    browser = await launchBrowser();
    seeded = await startSeededStack();
    operator = await newBrowserUser(browser);
    await operator.run((page) => signIn(page, seeded.stack.apiUrl, seeded.stack.adminKey));
  });
  afterAll(async () => {
    await browser?.close();
    await seeded?.close();
  });
  return {
    get browser() {
      return browser;
    },
    get seeded() {
      return seeded;
    },
    get operator() {
      return operator;
    },
  };
}
