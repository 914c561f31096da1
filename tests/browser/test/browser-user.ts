import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, jest } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { addUpLayoutShift } from './layout-shift.js';
import { leavePage } from './open-page.js';

/** Where the tests write screenshots; not committed, see docs/testing.md. */
export const SCREENSHOTS = path.resolve(import.meta.dirname, '../screenshots');

const WIDE = { width: 1280, height: 800 };

/** Generous, because a busy machine renders pages late. */
const TIMEOUT_MS = 40_000;

/** API keys, sessions, portal links and signing secrets. */
const SECRET = /ph[ksp]_|whsec_/;

/** Sets the timeout of the tests in the calling file, for a busy machine. */
export function useBrowserTimeout(): void {
  jest.setTimeout(120_000);
}

export function launchBrowser(): Promise<Browser> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return chromium.launch({ executablePath: process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium' });
}

interface BrowserUserOptions extends BrowserContextOptions {
  /** Errors of scripts and of the console to ignore, in addition to 4xx responses of the API. */
  allowedErrors?: RegExp;
}

/** A browser context with one page, in which tasks run one after another. */
export interface BrowserUser {
  /**
   * Runs a task. Also fails if a script threw, if the content security policy was violated, or if a secret is stored where scripts
   * can read it.
   */
  run(task: (page: Page) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Opens a new browser context, without any state. */
export async function newBrowserUser(
  browser: Browser,
  { allowedErrors, ...options }: BrowserUserOptions = {},
): Promise<BrowserUser> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  const errors: string[] = [];
  context.on('weberror', (webError) => {
    const text = String(webError.error());
    if (!isCancelledQuery(text) && !allowedErrors?.test(text)) errors.push(text);
  });
  context.on('console', (message) => {
    if (
      message.type() !== 'error' ||
      isExpectedResponse(message.text()) ||
      allowedErrors?.test(message.text())
    )
      return;
    errors.push(message.text());
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      // oxlint-disable-next-line no-console -- reported through the console listener
      console.error(`Content security policy violation: ${violatedDirective} ${blockedURI}`);
    });
  });
  await context.addInitScript(stopMotion);
  await context.addInitScript(addUpLayoutShift);
  const page = await context.newPage();
  return {
    run: async (task) => {
      errors.length = 0;
      try {
        await page.setViewportSize(WIDE);
        await page.emulateMedia({ colorScheme: 'light' });
        await task(page);
        expect(await storedSecrets(page)).toEqual([]);
        // Otherwise the page would poll and render while other users run.
        await leavePage(page);
        expect(errors).toEqual([]);
      } catch (error) {
        const name = expect.getState().currentTestName?.replaceAll(/\W+/g, '-');
        await page.screenshot({ path: path.join(SCREENSHOTS, `failed-${name}.png`) });
        // Unloads the application: its state is unknown after a failure.
        await page.goto('about:blank');
        throw error;
      }
    },
    close: () => context.close(),
  };
}

/** Runs a task in a new browser context, then closes it. */
export async function withNewUser(
  browser: Browser,
  task: (page: Page) => Promise<void>,
  options: BrowserUserOptions = {},
): Promise<void> {
  const user = await newBrowserUser(browser, options);
  try {
    await user.run(task);
  } finally {
    await user.close();
  }
}

/** Runs in the page. Turns off transitions and animations of CSS: `reducedMotion` turns off the animations of scripts. The content security policy allows style sheets that scripts construct. */
function stopMotion(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::before, ::after { transition: none !important; animation: none !important; }');
  document.adoptedStyleSheets = [sheet];
}

/** `openPage` removes queries, of which some may be in progress on a busy machine. */
const isCancelledQuery = (text: string): boolean => text.includes('CancelledError');

/** Many tests provoke 4xx responses of the API. While the machine is overloaded, the API responds with 503, and pages retry. */
function isExpectedResponse(text: string): boolean {
  return /^Failed to load resource: the server responded with a status of (4\d\d|503)/.test(text);
}

/** Returns the secrets that scripts of any frame can read from cookies, the URL and storage. */
async function storedSecrets(page: Page): Promise<string[]> {
  const stored = await Promise.all(page.frames().map((frame) => frame.evaluate(readAll)));
  return stored.flat().filter((text) => SECRET.test(text));
}

/** Runs in the page. */
function readAll(): string[] {
  const texts = [document.cookie, window.location.href];
  try {
    for (const storage of [localStorage, sessionStorage])
      texts.push(
        // A portal that no page embeds keeps its token in the storage of its tab.
        ...Object.entries(storage)
          .filter(([key]) => window.parent !== window || !key.startsWith('portal-token:'))
          .flat()
          .map(String),
      );
  } catch {
    // Frames of another site have no storage.
  }
  return texts;
}
