import type { Pool } from '@posthorn/database/connection';
import {
  dropPendingDeliveries,
  dropPendingOfTenant,
  dropsAreDue,
  listTenantsToDrop,
  listWebhooksToDrop,
} from '@posthorn/database/deliveries';
import { withLease } from '@posthorn/database/server';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

/** The time that the call which suspends or deletes has to drop and count deliveries itself, in milliseconds. */
const DROP_AGE_MS = 5000;

export const dropPendingTask: Task = {
  name: 'drop_pending',
  pauses: { intervalMs: 1000, maxIntervalMs: 60_000 },
  due: dropsAreDue(DROP_AGE_MS),
  create: ({ bulkPool: pool, metrics }) => createPendingDropper({ pool, metrics }),
};

interface PendingDropperDeps {
  pool: Pool;
  metrics: Pick<ProducerMetrics, 'dropped'>;
}

/** Maximum number of webhooks, and of tenants, in one run. */
const BATCH_SIZE = 100;

/** Maximum duration of one run, and of one webhook or tenant in it, in milliseconds. */
const MAX_RUN_MS = 1000;
const MAX_EACH_MS = 200;

/**
 * Drops the pending deliveries that a suspend or delete did not get to: because there were too many, or because its process
 * ended. Runs in one producer at a time; the next run continues.
 */
export function createPendingDropper({ pool, metrics }: PendingDropperDeps): () => Promise<boolean> {
  async function run(lease: AbortSignal): Promise<void> {
    const endsAtMs = performance.now() + MAX_RUN_MS;
    const due = { limit: BATCH_SIZE, minAgeMs: DROP_AGE_MS };
    for (const pending of await listTenantsToDrop(pool, due)) {
      lease.throwIfAborted();
      metrics.dropped(pending.reason, await dropPendingOfTenant(pool, { ...pending, maxMs: MAX_EACH_MS }));
      if (performance.now() >= endsAtMs) return;
    }
    for (const pending of await listWebhooksToDrop(pool, due)) {
      lease.throwIfAborted();
      metrics.dropped(pending.reason, await dropPendingDeliveries(pool, { ...pending, maxMs: MAX_EACH_MS }));
      if (performance.now() >= endsAtMs) return;
    }
  }

  return async () => {
    // Usually nothing remains, so the lease is not needed.
    const first = { limit: 1, minAgeMs: DROP_AGE_MS };
    const hasWork =
      (await listWebhooksToDrop(pool, first)).length + (await listTenantsToDrop(pool, first)).length > 0;
    if (hasWork) await withLease(pool, 'dropPending', run);
    return hasWork;
  };
}
