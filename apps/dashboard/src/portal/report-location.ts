import type { AnyRouter } from '@tanstack/react-router';
import { PORTAL_PATH, portalSearch } from '../access/access.js';
import type { HostPage } from './host-page.js';

const EXPIRED_PATH = `${PORTAL_PATH}/session-expired`;

/** Reports the current page, so that it is shown again after a reload of the host page, and the end of the session. */
export function reportLocation(router: AnyRouter, hostPage: HostPage): void {
  router.subscribe('onResolved', () => {
    const { pathname, search } = window.location;
    hostPage.post(
      pathname === EXPIRED_PATH
        ? { type: 'portal:expired' }
        : { type: 'portal:path', path: pathname + withoutPortalSearch(search) },
    );
  });
}

/** Removes what the host page sets itself. */
function withoutPortalSearch(search: string): string {
  const params = new URLSearchParams(search);
  for (const name of Object.keys(portalSearch)) params.delete(name);
  return params.size === 0 ? '' : `?${params}`;
}
