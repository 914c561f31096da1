// The embed code of the dashboard, pasted into a page.
import { expect, it } from '@jest/globals';
import { dashboard } from './dashboard.js';
import { openHost } from './portal-frame.js';
import { openPage } from './open-page.js';
import { withNewUser } from './browser-user.js';

/** Creates a link in the dashboard. Returns its embed code, or null if there is none. */
async function embedCodeFor(origins: string[]): Promise<string | null> {
  let text: string | null = null;
  await dashboard.operator.run(async (page) => {
    await openPage(page, `${dashboard.seeded.stack.apiUrl}/tenants?search=Kestrel`);
    await page.getByRole('button', { name: 'Create portal link for Kestrel Bikes' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Origins that embed the portal').fill(origins.join(', '));
    await dialog.getByRole('button', { name: 'Create link' }).click();
    await dialog.getByText('Embed in your app').waitFor();
    const code = dialog.getByRole('group', { name: 'Embed code' });
    if ((await code.count()) > 0) text = await code.innerText();
  });
  return text;
}

it('the embed code works when it is pasted into a page', async () => {
  const code = await embedCodeFor([dashboard.host.origin, 'https://app.example.com']);
  dashboard.host.paste(code ?? '');
  await withNewUser(dashboard.browser, async (page) => {
    const frame = await openHost(page, dashboard.host.origin);
    await frame.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });
});

it('there is no embed code for a link that no page can embed', async () => {
  expect(await embedCodeFor([])).toBeNull();
});
