import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { TenantsPage } from '../pages/tenants/tenants-page.js';
import { optionalParam } from '../access/optional-param.js';

const search = z.object({
  search: optionalParam(z.string()),
  status: optionalParam(z.enum(['active', 'suspended', 'deleted'])),
  /** Separated by commas. */
  tag: optionalParam(z.string()),
});

export const Route = createFileRoute('/_app/tenants/')({
  validateSearch: search,
  component: TenantsPage,
});
