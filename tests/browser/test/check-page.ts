import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { waitUntilSettled } from './wait-until-settled.js';
import { SCREENSHOTS } from './browser-user.js';

export const NARROW = { width: 390, height: 844 };

const IMAGES = path.resolve(import.meta.dirname, '../../../docs/images');
const MAX_IMAGE_BYTES = 200 * 1024;

/**
 * Checks a page in light mode, in dark mode and on a narrow screen: it is accessible and has no horizontal overflow. Leaves it dark and
 * narrow: it is cheaper to reset an empty page.
 */
export async function checkPage(page: Page, name: string): Promise<void> {
  await waitUntilSettled(page);
  await expectAccessible(page);
  await screenshot(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await waitForColorScheme(page, 'dark');
  await waitUntilSettled(page);
  await expectAccessible(page, 'colors');
  await screenshot(page, `${name}-dark`);
  await page.setViewportSize(NARROW);
  await waitUntilSettled(page);
  await screenshot(page, `${name}-dark-narrow`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
}

/** Waits until the page has applied a color scheme that the browser prefers now. */
async function waitForColorScheme(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.waitForFunction(
    (expected) => document.documentElement.dataset['mantineColorScheme'] === expected,
    scheme,
  );
}

/** Captures the full page, or the viewport while a dialog is open, if screenshots are requested. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!process.env['TEST_SCREENSHOTS']) return;
  const fullPage = !(await page.getByRole('dialog').isVisible());
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage });
}

/** Captures the viewport, if screenshots are requested. The full page would resize the window, and a frame with it. */
export async function viewportScreenshot(page: Page, name: string): Promise<void> {
  if (!process.env['TEST_SCREENSHOTS']) return;
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}

/** Saves the viewport as an image of the docs. */
export async function saveDocsImage(page: Page, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  const file = path.join(IMAGES, `${name}.png`);
  await waitUntilSettled(page);
  await page.screenshot({ path: file });
  expect(statSync(file).size).toBeLessThan(MAX_IMAGE_BYTES);
}
