/** What to refetch after the status of a tenant has changed. */
export const CHANGED_PATHS = [
  '/v1/tenants',
  '/v1/tenants/{id}',
  '/v1/webhooks',
  '/v1/overview',
  '/v1/audit-entries',
] as const;
