import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** What every page is seen by: build output, see docs/testing.md. */
export const SCREENSHOTS = path.resolve(import.meta.dirname, '../screenshots');

const PATIENCE_MS = 10_000;

/** Keys, sessions, links to the portal and signing secrets. */
const SECRET = /ph[ksp]_|whsec_/;

export function launchBrowser(): Promise<Browser> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return chromium.launch({ executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium' });
}

/**
 * Somebody comes with a browser that knows nothing yet, does something, and goes. Fails, too, when a script of a page
 * failed, when its policy was violated, or when a secret was left where scripts can read it.
 */
export async function visit(
  browser: Browser,
  does: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  context.on('weberror', (fault) => faults.push(String(fault.error())));
  context.on('console', (message) => {
    if (message.type() === 'error' && !isRefusal(message.text())) faults.push(message.text());
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // oxlint-disable-next-line no-console -- how it comes out of the page
      console.error(`the policy forbids ${violatedDirective} ${blockedURI}`);
    });
  });
  const page = await context.newPage();
  try {
    await does(page);
    expect(await storedSecrets(page)).toEqual([]);
    expect(faults).toEqual([]);
  } catch (error) {
    const name = expect.getState().currentTestName?.replaceAll(/\W+/g, '-');
    await page.screenshot({ path: path.join(SCREENSHOTS, `failed-${name}.png`) });
    throw error;
  } finally {
    await context.close();
  }
}

/** That the API refuses something is often what a test wants to see. */
function isRefusal(text: string): boolean {
  return /^Failed to load resource: the server responded with a status of 4\d\d/.test(text);
}

/** What scripts can read of secrets in any frame of the page, beside what it shows. */
async function storedSecrets(page: Page): Promise<string[]> {
  const stored = await Promise.all(
    page
      .frames()
      .map((frame) =>
        frame.evaluate(() => [
          document.cookie,
          window.location.href,
          ...[localStorage, sessionStorage].flatMap((storage) => Object.entries(storage).flat().map(String)),
        ]),
      ),
  );
  return stored.flat().filter((text) => SECRET.test(text));
}
