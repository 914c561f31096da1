import type { Pool } from '@posthorn/database/connection';
import { readWebhookLimits } from '@posthorn/database/webhooks';
import { flowNowMs } from '../slots/congestion-window.js';
import { holdReason, type HoldReason, toWebhookFlow } from './release-count.js';
import type { SlotStore } from '../slots/slot-store.js';

interface HoldReasonsDeps {
  pool: Pool;
  store: Pick<SlotStore, 'snapshots'>;
}

/** The reasons that are limits of the receiver. */
const THROTTLES: ReadonlySet<HoldReason | undefined> = new Set(['paused', 'rate_limit'] as const);

/** Maximum number of webhooks in one call. */
const MAX_WEBHOOKS = 500;

/** Returns why active webhooks that have held deliveries hold them, by webhook. */
export async function readHoldReasons(
  { pool, store }: HoldReasonsDeps,
  webhookIds: readonly string[],
): Promise<Map<string, HoldReason>> {
  const reasons = new Map<string, HoldReason>();
  for (let start = 0; start < webhookIds.length; start += MAX_WEBHOOKS) {
    const webhooks = await readWebhookLimits(pool, webhookIds.slice(start, start + MAX_WEBHOOKS));
    const snapshots = await store.snapshots(webhooks);
    for (const [index, webhook] of webhooks.entries()) {
      const snapshot = snapshots[index];
      if (snapshot) reasons.set(webhook.id, holdReason(toWebhookFlow(webhook, snapshot, flowNowMs())));
    }
  }
  return reasons;
}

/** Returns the webhooks whose deliveries are held by their rate limit or by a `Retry-After`, as far as Redis knows. */
export async function listThrottledWebhooks({
  pool,
  store,
}: HoldReasonsDeps & { store: Pick<SlotStore, 'webhooksWithHeld'> }): Promise<string[]> {
  const { ids } = await store.webhooksWithHeld();
  const reasons = await readHoldReasons({ pool, store }, ids);
  return ids.filter((id) => THROTTLES.has(reasons.get(id)));
}
