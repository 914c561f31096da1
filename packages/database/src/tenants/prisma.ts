export { changeTenantStatus } from './change-tenant-status.js';
export {
  createTenant,
  findTenant,
  findTenantEgress,
  findTenantId,
  findTenantIds,
  findTenantNames,
  listTenants,
  readTenantStatus,
  type Tenant,
  tenantExists,
  updateTenant,
} from './tenants.js';
