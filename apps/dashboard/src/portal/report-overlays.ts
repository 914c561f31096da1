import type { HostPage } from './host-page.js';

/** What floats over the page: dialogs, the menus and options of an expanded element, and what is marked. */
const OVERLAYS = '[role="dialog"], [aria-expanded="true"], [data-floating]';

/** Reports each overlay that opens, so that the host page scrolls the frame into view: it is centered in the frame. */
export function reportOverlays(hostPage: HostPage): void {
  let open = 0;
  new MutationObserver(() => {
    const before = open;
    open = document.querySelectorAll(OVERLAYS).length;
    if (open > before) hostPage.post({ type: 'portal:overlay' });
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ['aria-expanded'] });
}
