import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { PORTAL_PATH } from './access/access.js';
import { access } from './access/current-access.js';
import { routeTree } from './generated/route-tree.js';
import { parseSearchParams, stringifySearchParams } from './search/search-params.js';
import { NotFound } from './components/not-found.js';
import { RouteError } from './shell/route-error.js';
import { RoutePending } from './shell/route-pending.js';

/** Available to `beforeLoad` of every route. */
export interface RouterContext {
  queryClient: QueryClient;
}

/** Creates the router. The portal uses the same routes below its base path. */
export function createAppRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    parseSearch: parseSearchParams,
    stringifySearch: stringifySearchParams,
    basepath: access.kind === 'portal' ? PORTAL_PATH : '/',
    defaultPreload: 'intent',
    // TanStack Query handles caching.
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
