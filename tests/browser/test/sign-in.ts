import type { Page } from 'playwright-core';

/** Enters a key on the page to sign in, which is shown. */
export async function enterKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in on the way to an address. */
export async function signIn(page: Page, address: string, key: string): Promise<void> {
  await page.goto(address);
  await enterKey(page, key);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor({ state: 'attached' });
}
