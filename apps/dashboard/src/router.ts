import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { PORTAL_PATH } from './api/access.js';
import { access } from './api/api.js';
import { routeTree } from './generated/route-tree.js';
import { parseSearchParams, stringifySearchParams } from './search/search-params.js';
import { NotFound } from './shell/not-found.js';
import { RouteError } from './shell/route-error.js';
import { RoutePending } from './shell/route-pending.js';

/** What routes have at hand before they are shown. */
export interface RouterContext {
  queryClient: QueryClient;
}

/** The same routes for both: in the portal they lie below its path. */
export function createAppRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    parseSearch: parseSearchParams,
    stringifySearch: stringifySearchParams,
    basepath: access.kind === 'portal' ? PORTAL_PATH : '/',
    defaultPreload: 'intent',
    // TanStack Query knows what is fresh.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
