// The bar below a list with selected rows, in each language.
import { expect, it } from '@jest/globals';
import { NARROW } from './check-page.js';
import { dashboard } from './dashboard.js';
import { withNewUser } from './browser-user.js';
import { portalLink } from './portal-links.js';

/** Runs in the page: returns the elements that are beyond the edges of the bar or whose text is cut. */
function overflowing(bar: Element): string[] {
  const edges = bar.getBoundingClientRect();
  return [...bar.querySelectorAll('*')]
    .filter((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const isOutside = left < edges.left || right > edges.right || top < edges.top || bottom > edges.bottom;
      return isOutside || element.scrollWidth > element.clientWidth + 1;
    })
    .map(({ outerHTML }) => outerHTML);
}

it.each(['en', 'de', 'fr', 'es', 'ja'])('the selection bar fits: %s', (language) =>
  withNewUser(dashboard.browser, async (page) => {
    await page.goto(await portalLink('default', '/deliveries', { language }));
    await page.getByRole('checkbox').first().check();
    const bar = page.locator('[data-floating]');
    for (const size of [{ width: 1366, height: 768 }, NARROW]) {
      await page.setViewportSize(size);
      expect({ size, overflowing: await bar.evaluate(overflowing) }).toEqual({ size, overflowing: [] });
      const box = await bar.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(size.width);
    }
  }),
);
