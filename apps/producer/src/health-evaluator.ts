import { type Pool, updateWebhookHealth } from '@posthorn/database';
import { listThrottledWebhooks, type SlotStore } from '@posthorn/flow';
import type { Logger } from '@posthorn/runtime';

export interface HealthEvaluatorDeps {
  pool: Pool;
  store: Pick<SlotStore, 'webhooksWithHeld' | 'snapshots'>;
  logger: Logger;
}

/** Returns a function that evaluates the health of the webhooks with failed attempts since a time, and of those that are not healthy. */
export function createHealthEvaluator({
  pool,
  store,
  logger,
}: HealthEvaluatorDeps): (since: Date) => Promise<void> {
  async function listThrottled(): Promise<string[] | null> {
    try {
      return await listThrottledWebhooks({ pool, store });
    } catch (error) {
      logger.warn('Redis unavailable: throttled webhooks not evaluated', { error });
      return null;
    }
  }
  return async (since) => {
    await updateWebhookHealth(pool, { since, throttledIds: await listThrottled() });
  };
}
