import { bindHandlers } from '../calls/bind-handlers.js';
import { requestTenantCertificate, putTenantCertificate } from './client-certificate.js';
import type { TenantDeps } from './deps.js';
import { suspendTenant, deleteTenant, reactivateTenant, restoreTenant } from './lifecycle.js';
import { createTenant, listTenants, getTenant, updateTenant, putTenant } from './tenants.js';

/** Creates the handlers of tenants. */
export const createTenantHandlers = (deps: TenantDeps) =>
  bindHandlers(
    {
      requestTenantCertificate,
      putTenantCertificate,
      suspendTenant,
      deleteTenant,
      reactivateTenant,
      restoreTenant,
      createTenant,
      listTenants,
      getTenant,
      updateTenant,
      putTenant,
    },
    deps,
  );
