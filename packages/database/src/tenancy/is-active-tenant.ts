import type { Prisma } from '../generated/client.js';

/** Rows without a tenant, or whose tenant does not exist, are of none of these. */
const isOfTenant = (row: string, condition: string): string =>
  `EXISTS (SELECT FROM tenant t WHERE t.id = ${row}.tenant_id AND ${condition})`;

/** Returns the condition that the tenant of webhook `w` is active. The health of other webhooks does not matter: nothing is sent to them. */
export const isActiveTenant = (webhook = 'w'): string => isOfTenant(webhook, `t.status = 'active'`);

/** Returns the condition that the tenant of a row is neither suspended nor deleted. */
export const isNotStopped = (row: string): string => `NOT ${isOfTenant(row, `t.status <> 'active'`)}`;

/** Returns the condition that the tenant of a row is not deleted. Rows of deleted tenants are in no list. */
export const isNotDeleted = (row: string): string => `NOT ${isOfTenant(row, `t.status = 'deleted'`)}`;

/** `isActiveTenant` for Prisma. */
export const OF_ACTIVE_TENANT = { tenant: { status: 'active' } } as const satisfies Prisma.WebhookWhereInput;

/** `isNotDeleted` for Prisma. */
export const NOT_OF_DELETED_TENANT = {
  tenant: { status: { not: 'deleted' } },
} as const satisfies Prisma.WebhookWhereInput;
