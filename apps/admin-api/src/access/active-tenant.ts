import { PosthornError, reason, type TenantStatus } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { readTenantStatus } from '@posthorn/database/tenants/prisma';

/** @throws PosthornError if the tenant is suspended or deleted */
export async function requireActiveTenant(prisma: PrismaDb, tenantId: string): Promise<void> {
  assertActive(await readTenantStatus(prisma, tenantId));
}

/** @throws PosthornError if the tenant is suspended or deleted */
export function assertActive(status: TenantStatus): void {
  if (status !== 'active') throw tenantStopped(`tenant_${status}`);
}

/** Returns the error for a call that a tenant which is not active forbids. */
export const tenantStopped = (code: 'tenant_suspended' | 'tenant_deleted'): PosthornError =>
  code === 'tenant_deleted'
    ? new PosthornError(code)
    : new PosthornError(code, { reason: reason('tenant_suspended') });
