import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, jest } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** What every page is seen by: build output, see docs/testing.md. */
export const SCREENSHOTS = path.resolve(import.meta.dirname, '../screenshots');

const WIDE = { width: 1280, height: 800 };

/** A machine that is busy with much else shows a page late. */
const PATIENCE_MS = 40_000;
jest.setTimeout(120_000);

/** Keys, sessions, links to the portal and signing secrets. */
const SECRET = /ph[ksp]_|whsec_/;

export function launchBrowser(): Promise<Browser> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return chromium.launch({ executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium' });
}

interface VisitorOptions extends BrowserContextOptions {
  /** What else may be said in the console, beside that the API refused something. */
  acceptFaults?: RegExp;
}

/** Somebody with a browser, who does one thing after the other in it. */
export interface Visitor {
  /**
   * Fails, too, when a script of a page failed, when its policy was violated, or when a secret was left where scripts can
   * read it.
   */
  does(task: (page: Page) => Promise<void>): Promise<void>;
  leaves(): Promise<void>;
}

/** Somebody comes whose browser knows nothing yet but what the options say. */
export async function newVisitor(
  browser: Browser,
  { acceptFaults, ...options }: VisitorOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  context.on('weberror', (fault) => faults.push(String(fault.error())));
  context.on('console', (message) => {
    if (message.type() !== 'error' || isRefusal(message.text()) || acceptFaults?.test(message.text())) return;
    faults.push(message.text());
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // oxlint-disable-next-line no-console -- how it comes out of the page
      console.error(`the policy forbids ${violatedDirective} ${blockedURI}`);
    });
  });
  const page = await context.newPage();
  return {
    does: async (task) => {
      faults.length = 0;
      try {
        await page.setViewportSize(WIDE);
        await page.emulateMedia({ colorScheme: 'light' });
        await task(page);
        expect(await storedSecrets(page)).toEqual([]);
        expect(faults).toEqual([]);
      } catch (error) {
        const name = expect.getState().currentTestName?.replaceAll(/\W+/g, '-');
        await page.screenshot({ path: path.join(SCREENSHOTS, `failed-${name}.png`) });
        throw error;
      }
    },
    leaves: () => context.close(),
  };
}

/** Somebody new comes with a browser, does something, and leaves. */
export async function visit(
  browser: Browser,
  task: (page: Page) => Promise<void>,
  options: VisitorOptions = {},
): Promise<void> {
  const visitor = await newVisitor(browser, options);
  try {
    await visitor.does(task);
  } finally {
    await visitor.leaves();
  }
}

/** That the API refuses something is often what a test wants to see. */
function isRefusal(text: string): boolean {
  return /^Failed to load resource: the server responded with a status of 4\d\d/.test(text);
}

/** What scripts can read of secrets in any frame of the page, beside what it shows. */
async function storedSecrets(page: Page): Promise<string[]> {
  const stored = await Promise.all(page.frames().map((frame) => frame.evaluate(readAll)));
  return stored.flat().filter((text) => SECRET.test(text));
}

/** In the page. */
function readAll(): string[] {
  const texts = [document.cookie, window.location.href];
  try {
    for (const storage of [localStorage, sessionStorage])
      texts.push(...Object.entries(storage).flat().map(String));
  } catch {
    // The browser keeps nothing for a frame of another site.
  }
  return texts;
}
