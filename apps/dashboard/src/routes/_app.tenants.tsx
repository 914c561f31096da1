import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { TenantsPage } from '../pages/tenants/tenants-page.js';
import { optionalParam } from '../search/optional-param.js';

export const Route = createFileRoute('/_app/tenants')({
  validateSearch: z.object({ search: optionalParam(z.string()) }),
  component: TenantsPage,
});
