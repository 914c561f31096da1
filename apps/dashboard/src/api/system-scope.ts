/** Names the webhooks of the operator in calls. */
export const SYSTEM_SCOPE = 'system';

/** The id of their built-in tenant in rows. */
export const SYSTEM_TENANT_ID = 'ten_0000000000e008000000000001';
