import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectAccessible } from './accessibility.js';
import { settled } from './settled.js';
import { SCREENSHOTS } from './visit.js';

export const NARROW = { width: 390, height: 844 };

const IMAGES = path.resolve(import.meta.dirname, '../../../docs/images');
const MOST_IMAGE_BYTES = 200 * 1024;

/** A page in light, in dark, and on a narrow screen: everybody can use it, and nothing sticks out. */
export async function lookAround(page: Page, name: string): Promise<void> {
  await settled(page);
  await expectAccessible(page);
  await screenshot(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page);
  await expectAccessible(page, 'colours');
  await screenshot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(NARROW);
  await settled(page);
  await screenshot(page, `${name}-narrow`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
}

/** The whole page; of one behind a dialog what can be seen of it. */
async function screenshot(page: Page, name: string): Promise<void> {
  const fullPage = !(await page.getByRole('dialog').isVisible());
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage });
}

/** As the documentation shows it. */
export async function takeImage(page: Page, name: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  const file = path.join(IMAGES, `${name}.png`);
  await settled(page);
  await page.screenshot({ path: file });
  expect(statSync(file).size).toBeLessThan(MOST_IMAGE_BYTES);
}
