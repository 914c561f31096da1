import type { Page } from 'playwright-core';

/** Submits an API key on the sign-in page. */
export async function enterKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Opens a URL and signs in. */
export async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(url);
  await enterKey(page, key);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor({ state: 'attached' });
}
