import type { PendingResponse } from '@posthorn/contract';
import type { Pool } from '@posthorn/database/connection';
import { MAX_COUNTED, type PendingFilter, readPendingCounts } from '@posthorn/database/deliveries';
import { type HoldReason, readHoldReasons, type SlotStore } from '@posthorn/flow';

export interface PendingSources {
  pool: Pool;
  slots: Pick<SlotStore, 'snapshots'>;
}

/** Counts pending deliveries: queued, retrying, and held by reason. */
export async function readPending(
  { pool, slots }: PendingSources,
  filter: PendingFilter,
): Promise<PendingResponse> {
  const counts = await readPendingCounts(pool, filter);
  const holding = counts.filter(({ held }) => held > 0);
  const reasons = await readHoldReasons(
    { pool, store: slots },
    holding.map(({ webhookId }) => webhookId),
  ).catch(() => null);
  const sumOf = (part: 'queued' | 'held' | 'retrying') => counts.reduce((sum, row) => sum + row[part], 0);
  // A delivery whose webhook is no longer active is dropped soon.
  const heldBy = (reason: HoldReason) =>
    reasons &&
    holding.reduce(
      (sum, { webhookId, held }) => ((reasons.get(webhookId) ?? 'window') === reason ? sum + held : sum),
      0,
    );
  const [queued, held, retrying] = [sumOf('queued'), sumOf('held'), sumOf('retrying')];
  return {
    total: queued + held + retrying,
    isComplete: queued + held + retrying < MAX_COUNTED,
    queued,
    retrying,
    held: {
      total: held,
      accessToken: heldBy('access_token'),
      paused: heldBy('paused'),
      rateLimit: heldBy('rate_limit'),
      window: heldBy('window'),
    },
  };
}
