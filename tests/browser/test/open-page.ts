import type { Frame, Page } from 'playwright-core';
import { waitUntilSettled } from './wait-until-settled.js';

/** The router of the application, which TanStack Router exposes. */
interface WindowWithRouter extends Window {
  ['__TSR_ROUTER__']?: {
    options: { context: { queryClient: { removeQueries(filters: { type: 'inactive' }): void } } };
    subscribe(event: 'onRendered', listener: () => void): () => void;
  };
}

/**
 * Opens a page in the running application, as a link does, and waits until it has settled. It has neither state nor cached data of
 * the previous page. That takes a quarter of the CPU time of `goto`, which loads the application if it is not running.
 */
export async function openPage(page: Page | Frame, url: string): Promise<void> {
  await leavePage(page);
  if (!(await page.evaluate(navigate, url))) await page.goto(url);
  await waitUntilSettled(page);
}

/** Opens a path in the running portal, with the query of its link. */
export function openPortalPage(page: Page | Frame, path: string): Promise<void> {
  const url = new URL(page.url());
  const [pathname = '', query = ''] = path.split('?');
  url.pathname = `/portal${pathname}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  return openPage(page, url.href);
}

/** Removes the page from the running application, so that a change of its size or color scheme renders nothing. */
export async function leavePage(page: Page | Frame): Promise<void> {
  const { pathname, search } = new URL(page.url());
  const emptyPage = `${/^\/portal(?![^/])/.exec(pathname)?.[0] ?? ''}/no-such-page`;
  if (pathname === emptyPage) return;
  await page.evaluate(navigate, emptyPage + search);
  await page.evaluate(() =>
    (window as WindowWithRouter)['__TSR_ROUTER__']?.options.context.queryClient.removeQueries({
      type: 'inactive',
    }),
  );
}

/** Runs in the page. Returns false if the application is not loaded. */
async function navigate(to: string): Promise<boolean> {
  const router = (window as WindowWithRouter)['__TSR_ROUTER__'];
  if (!router) return false;
  const url = new URL(to, window.location.href);
  if (url.origin !== window.location.origin) return false;
  await new Promise<void>((resolve) => {
    const unsubscribe = router.subscribe('onRendered', () => {
      unsubscribe();
      resolve();
    });
    history.pushState(null, '', url);
  });
  return true;
}
