import { createRootRouteWithContext, Outlet, retainSearchParams } from '@tanstack/react-router';
import { z } from 'zod';
import type { RouterContext } from '../router.js';

const search = z.object({
  /** The tenant that is looked at: see use-tenant-id.ts. */
  tenant: z.string().optional().catch(undefined),
});

export const Route = createRootRouteWithContext<RouterContext>()({
  validateSearch: search,
  search: { middlewares: [retainSearchParams(['tenant'])] },
  component: Outlet,
});
