import { createRootRouteWithContext, Outlet, retainSearchParams } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { portalSearch } from '../access/access.js';
import { optionalParam } from '../access/optional-param.js';
import type { RouterContext } from '../router.js';
import { BarePage } from '../shell/bare-page.js';
import { NotFound } from '../components/not-found.js';

const search = z.object({
  /** The selected tenant, see use-tenant-id.ts. */
  tenant: optionalParam(z.string()),
  ...portalSearch,
});

export const Route = createRootRouteWithContext<RouterContext>()({
  validateSearch: search,
  search: { middlewares: [retainSearchParams(['tenant', 'link', 'language', 'colorScheme'])] },
  component: Outlet,
  notFoundComponent: () => (
    <BarePage>
      <NotFound />
    </BarePage>
  ),
});
