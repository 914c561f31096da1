import { type FencedTenant, listTenantFences } from '@posthorn/database/tenants';
import { type FencedWebhook, listFences } from '@posthorn/database/webhooks';
import { FENCE_DAYS, type FencePage, type FenceStore, type RestoreDeps, restoreFenced } from '@posthorn/flow';
import type { Task } from '../tasks/task.js';

export const keepFencesTask: Task = {
  name: 'keep_fences',
  pauses: 5000,
  create: ({ pool, fences, logger, metrics: { dropped } }) =>
    createFenceKeeper({ pool, fences, logger, dropped }),
};

interface FenceKeeperDeps extends RestoreDeps {
  fences: Pick<FenceStore, 'page' | 'raise' | 'raiseTenants'>;
}

const PAGE = 1000;

/** Maximum fraction of time spent. A run takes about 20 ms for 1,000 fences. */
const MAX_TIME_FRACTION = 0.05;

/**
 * Keeps PostgreSQL and the fences in Redis at the later of the two states: after a failover, webhooks and tenants that lost a suspend or delete
 * get it again; after a data loss of Redis, fences are raised again. Both steps change nothing when they run twice, so every
 * producer may run them at the same time.
 */
export function createFenceKeeper({ fences, ...deps }: FenceKeeperDeps): () => Promise<void> {
  let nextRunAtMs = 0;

  async function restore(): Promise<void> {
    let cursor: string | null = null;
    do {
      const page: FencePage = await fences.page(cursor);
      await restoreFenced(deps, page.fences);
      cursor = page.next;
    } while (cursor !== null);
  }

  async function raiseFences(): Promise<void> {
    let after: FencedWebhook | null = null;
    for (;;) {
      const page: FencedWebhook[] = await listFences(deps.pool, { days: FENCE_DAYS, after, limit: PAGE });
      await fences.raise(page);
      after = page.at(-1) ?? null;
      if (page.length < PAGE) return;
    }
  }

  async function raiseTenantFences(): Promise<void> {
    let after: FencedTenant | null = null;
    for (;;) {
      const page: FencedTenant[] = await listTenantFences(deps.pool, {
        days: FENCE_DAYS,
        after,
        limit: PAGE,
      });
      if (page.length > 0) await fences.raiseTenants(page);
      after = page.at(-1) ?? null;
      if (page.length < PAGE) return;
    }
  }

  return async () => {
    const startedAtMs = performance.now();
    if (startedAtMs < nextRunAtMs) return;
    await restore();
    await raiseFences();
    await raiseTenantFences();
    const endedAtMs = performance.now();
    nextRunAtMs = endedAtMs + (endedAtMs - startedAtMs) / MAX_TIME_FRACTION;
  };
}
