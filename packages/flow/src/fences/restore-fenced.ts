import { type DropReason, encodeId, type StoredFence } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { dropPendingDeliveries, dropPendingOfTenant } from '@posthorn/database/deliveries';
import { restoreTenants } from '@posthorn/database/tenants';
import { restoreWebhooks } from '@posthorn/database/webhooks';

export interface RestoreDeps {
  pool: Pool;
  logger: { warn(message: string, fields: Record<string, unknown>): void };
  /** Counts dropped deliveries. */
  dropped: (reason: DropReason, count: number) => void;
}

/**
 * Suspends or deletes webhooks and tenants again whose rows in PostgreSQL are older than their fences, and drops their pending
 * deliveries. A producer drops those that remain.
 */
export async function restoreFenced(
  { pool, logger, dropped }: RestoreDeps,
  fences: readonly StoredFence[],
): Promise<void> {
  for (const { id, epoch, status: reason } of await restoreWebhooks(pool, fences)) {
    logger.warn(`webhook ${reason} again: PostgreSQL had lost the change`, {
      webhookId: encodeId('webhook', id),
      epoch,
    });
    dropped(reason, await dropPendingDeliveries(pool, { webhookId: id, epoch }));
  }
  for (const { id: tenantId, epoch, status } of await restoreTenants(pool, fences)) {
    logger.warn(`tenant ${status} again: PostgreSQL had lost the change`, {
      tenantId: encodeId('tenant', tenantId),
      epoch,
    });
    const reason = status === 'deleted' ? 'deleted' : 'tenant_suspended';
    dropped(reason, await dropPendingOfTenant(pool, { tenantId, epoch }));
  }
}
