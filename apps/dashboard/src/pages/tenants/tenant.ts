import type { components } from '../../generated/api.js';

export type Tenant = components['schemas']['Tenant'];
export type TenantDetails = components['schemas']['TenantDetails'];

/** The built-in tenant, which can be neither suspended nor deleted. */
export const DEFAULT_TENANT_ID = 'ten_0000000000e008000000000000';

/** Returns whether a tenant is deleted and can be restored. */
export const isRestorable = ({ status, purgeAt }: Tenant, nowMs: number): boolean =>
  status === 'deleted' && purgeAt !== null && nowMs < Date.parse(purgeAt);
