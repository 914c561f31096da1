import { z } from 'zod';
import { tenantParams } from './account-routes.js';
import type { RouteDefinition } from '../routes/route.js';
import { exportCursor } from './tenant-export.js';

export const tenantExportRoutes = {
  exportTenant: {
    isHeldInQuarantine: true,
    tag: 'Tenants',
    scope: 'admin',
    tenancy: 'own',
    method: 'get',
    path: '/v1/tenants/:id/export',
    summary: 'Export a tenant',
    description:
      'Returns everything of a tenant as lines of JSON, without secrets, as an `admin` key of the tenant sees it. Each line has a `type`, ' +
      'the record as `data`, and a `cursor`: with it as `after`, an export continues after this line. The last line has the type ' +
      '`complete`; without it, the export was interrupted. A tenant can have 2 exports at a time, and a process 4. An admin key of a tenant ' +
      'can export only that tenant. `docs/export.md` lists the types.',
    params: tenantParams,
    query: z.strictObject({ after: exportCursor.optional() }),
    responses: {
      200: { description: 'The records.', body: null, rowTypes: ['application/x-ndjson'] },
    },
  },
} satisfies Record<string, RouteDefinition>;
