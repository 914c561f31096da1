import { audit } from '@posthorn/database/audit/prisma';
import { findTenant } from '@posthorn/database/tenants/prisma';
import { limitedKeyOf } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { assertReleased } from '../calls/assert-released.js';
import { resolveTenantId, tenantNotFound } from '../access/tenancy.js';
import type { ExportDeps } from './deps.js';
import { exportedLines } from './exported-lines.js';
import { streamLines } from '../http/stream-lines.js';

export const exportTenant: Handler<'exportTenant', ExportDeps> = async (request, deps) => {
  const { caller, actor, params, query, isStillAuthenticated, whenClosed } = request;
  const tenant = await findTenant(deps.prisma, resolveTenantId(caller, params.id));
  if (!tenant || tenant.status === 'deleted') throw tenantNotFound();
  const { id: tenantId } = tenant;
  const closeExport = deps.openExport({ keyId: limitedKeyOf(caller), tenantId });
  whenClosed(closeExport);
  await audit(deps.prisma, actor, {
    action: 'tenant.exported',
    tenantId,
    target: tenantId,
    before: null,
    after: query.after ? { after: query.after.type } : {},
  });
  const lines = exportedLines({ tenant, caller, deps }, query.after);
  return {
    status: 200,
    body: null,
    contentType: 'application/x-ndjson',
    stream(response) {
      streamLines(response, lines, {
        isStillAuthenticated,
        stopping: deps.stopping,
        assertReleased: () => assertReleased(deps),
      }).catch((error: unknown) => {
        deps.logger.warn('an export was interrupted', { tenantId, error });
      });
    },
  };
};
