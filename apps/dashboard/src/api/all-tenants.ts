/** The `tenantId` of lists that stands for all tenants. */
export const ALL_TENANTS = '*';
