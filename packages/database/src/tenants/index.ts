export { restoreTenants } from './restore-tenants.js';
export { type FencedTenant, listTenantFences, readTenantFence } from './tenant-fences.js';
