// Pages of other projects that Posthorn serves: the API reference and the queues.
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { useDashboard } from './use-dashboard.js';
import { SCREENSHOTS } from './browser-user.js';

const dashboard = useDashboard();

/** Runs a task and returns the origins other than ours that the page sent requests to. */
async function foreignOrigins(page: Page, task: () => Promise<void>): Promise<string[]> {
  const origins = new Set<string>();
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:') origins.add(origin);
  });
  await task();
  origins.delete(new URL(dashboard.seeded.stack.apiUrl).origin);
  return [...origins];
}

// Each task also fails if the content security policy was violated.
describe('violates no policy and loads nothing from other servers', () => {
  it('the API reference', () =>
    dashboard.operator.run(async (page) => {
      const foreign = await foreignOrigins(page, async () => {
        await page.goto(`${dashboard.seeded.stack.apiUrl}/docs`);
        await page.getByRole('button', { name: 'Authorize' }).first().click();
        await page.getByRole('button', { name: 'Close' }).first().click();
        const operation = page.locator('#operations-Webhooks-createWebhook');
        await operation.click();
        await operation.getByText('Schema', { exact: true }).first().click();
        await operation.getByRole('button', { name: 'Try it out' }).click();
        await operation.getByRole('button', { name: 'Execute' }).click();
        await operation.locator('.live-responses-table').waitFor();
      });
      expect(foreign).toEqual([]);
    }));

  it('the queues, with their own fonts', () =>
    dashboard.operator.run(async (page) => {
      const foreign = await foreignOrigins(page, async () => {
        await page.goto(`${dashboard.seeded.stack.apiUrl}/admin/queues`);
        await page.getByText('deliveries-retry').first().click();
        await page.getByText('Delayed').first().click();
        await page.getByText('No delayed jobs in this queue').waitFor();
        await page.getByRole('button').last().click();
        await page.evaluate(() => document.fonts.ready);
      });
      const loaded = await page.evaluate(() =>
        [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family),
      );
      expect(loaded.join()).toContain('IBM Plex Sans');
      expect(foreign).toEqual([]);
      await page.screenshot({ path: path.join(SCREENSHOTS, 'queues.png') });
    }));
});
