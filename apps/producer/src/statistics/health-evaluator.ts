import type { Pool } from '@posthorn/database/connection';
import { updateWebhookHealth } from '@posthorn/database/health';
import { listThrottledWebhooks, type SlotStore } from '@posthorn/flow';

interface HealthEvaluatorDeps {
  pool: Pool;
  store: Pick<SlotStore, 'webhooksWithHeld' | 'snapshots'>;
  /** Called when Redis is unavailable. Throttled webhooks remain so, unless they fail. */
  onError: (error: unknown) => void;
}

/** Returns a function that evaluates the health of the webhooks with failed attempts since a time, and of those that are not healthy. */
export function createHealthEvaluator({
  pool,
  store,
  onError,
}: HealthEvaluatorDeps): (since: Date) => Promise<void> {
  async function listThrottled(): Promise<string[] | null> {
    try {
      return await listThrottledWebhooks({ pool, store });
    } catch (error) {
      onError(error);
      return null;
    }
  }
  return async (since) => {
    await updateWebhookHealth(pool, { since, throttledIds: await listThrottled() });
  };
}
