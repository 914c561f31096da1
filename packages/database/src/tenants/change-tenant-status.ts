import type { Actor, AuditAction, TenantLifecycle } from '@posthorn/core';
import { auditChange, type AuditSnapshot } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { lockTenant } from '../tenancy/lock-tenant.js';
import { readTenant, type Tenant } from './tenants.js';

interface TenantStatusChange {
  /** Called with the current tenant while its row is locked, and the clock of the database. An error that it throws rolls back. */
  decide: (current: Tenant, now: Date) => TenantLifecycle;
  actor: Actor;
  action: AuditAction;
  /** Extra fields for the audit log. */
  details?: AuditSnapshot | undefined;
}

/**
 * Changes the status of a tenant: one row, however many webhooks it has, except that a tenant which becomes active resumes its active
 * webhooks.
 * @returns null if it does not exist
 */
export async function changeTenantStatus(
  prisma: PrismaDb,
  id: string,
  { decide, ...trail }: TenantStatusChange,
): Promise<Tenant | null> {
  return prisma.$transaction(async (transaction) => {
    const now = await lockTenant(transaction, id);
    const before = now && (await readTenant(transaction, id));
    if (!before) return null;
    const { status, epoch, suspendedAt, suspendReason, suspendedByName, reactivatedAt, deletedAt, purgeAt } =
      decide(before, now);
    const data = {
      status,
      epoch,
      suspendedAt,
      suspendReason,
      suspendedByName,
      reactivatedAt,
      deletedAt,
      purgeAt,
    };
    await transaction.tenant.update({ where: { id }, data });
    if (status === 'active') await resumeWebhooks(transaction, before, now);
    const after = { ...before, ...data };
    await auditChange(
      transaction,
      { ...trail, snapshot: toSnapshot },
      { before: { ...before, tenantId: id }, after: { ...after, tenantId: id } },
    );
    return after;
  });
}

/**
 * Increments the epochs of the active webhooks, so that no delivery of before is sent, and no event of before matches. The time without
 * requests does not count as time without a success.
 */
async function resumeWebhooks(
  transaction: PrismaTransaction,
  { id, epoch, droppedEpoch }: Tenant,
  now: Date,
): Promise<void> {
  const isDropped = droppedEpoch === epoch;
  // Waits for concurrent changes, and reads what they have changed: one may make a webhook active.
  await transaction.$executeRaw`
    SELECT FROM webhook WHERE tenant_id = ${id}::uuid AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE`;
  await transaction.$executeRaw`
    UPDATE webhook SET epoch = epoch + 1, resumed_epoch = epoch + 1,
      own_epoch = CASE WHEN epoch = resumed_epoch THEN own_epoch ELSE epoch END,
      active_since = greatest(active_since, ${now}), updated_at = now(),
      dropped_epoch = dropped_epoch + (${isDropped} AND dropped_epoch = epoch)::integer,
      slow_since = NULL, failing_since = NULL, failing_percent = NULL, health = 'healthy', health_since = NULL
    WHERE tenant_id = ${id}::uuid AND status = 'active'`;
}

const toSnapshot = ({ status, suspendReason, purgeAt }: Tenant): AuditSnapshot => ({
  status,
  suspendReason,
  purgeAt: purgeAt?.toISOString() ?? null,
});
