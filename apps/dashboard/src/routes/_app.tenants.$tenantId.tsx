import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { TenantPage } from '../pages/tenants/tenant-page.js';
import { optionalParam } from '../access/optional-param.js';

const search = z.object({
  /** ID of the audit log entry shown in the drawer. */
  entry: optionalParam(z.string()),
});

export const Route = createFileRoute('/_app/tenants/$tenantId')({
  validateSearch: search,
  component: TenantPage,
});
