import { setTimeout as sleep } from 'node:timers/promises';
import type { DropReason } from '@posthorn/core';
import type { WebhookDeps } from './deps.js';
import { mayBeStopped, raiseFence } from './raise-fence.js';

/** Stops requests to a webhook, or to all webhooks of a tenant. */
interface RequestStop<Changed, Fence extends object> {
  /** Makes the change that stops requests. */
  change: () => Promise<Changed>;
  /** Returns the fence that the change needs. */
  fenceOf: (changed: Changed) => Fence;
  /** Returns the fence of what is stopped already, or null. */
  readFence: () => Promise<Fence | null>;
  raise: (fence: Fence) => Promise<void>;
  /** Drops pending deliveries from before the fence. Returns how many. */
  drop: (fence: Fence) => Promise<number>;
  dropReason: DropReason;
}

export type StopDeps = Pick<WebhookDeps, 'barrierMs' | 'logger' | 'countDropped'>;

/**
 * Makes a change and returns once no request can start that it stops. A worker that read the state from before the commit may still send for
 * a moment, so this waits for `barrierMs` after the commit.
 * @param mayHaveRequests whether a request was ever started; otherwise nothing is waited for
 */
export async function stopRequests<Changed, Fence extends object>(
  { change, fenceOf, readFence, raise, drop, dropReason }: RequestStop<Changed, Fence>,
  deps: StopDeps,
  mayHaveRequests: (changed: Changed) => boolean = () => true,
): Promise<{ changed: Changed; droppedDeliveries: number }> {
  const { barrierMs } = deps;
  const changed = await change().catch(async (error: unknown) => {
    // The call may repeat an earlier one whose response was lost: that one must have its barrier and its fence, too.
    const known = readFence();
    if (await mayBeStopped(known, barrierMs)) {
      const raiseKnown = async () => {
        const fence = await known;
        if (fence) await raise(fence);
      };
      await Promise.all([raiseFence(raiseKnown, deps), sleep(barrierMs)]);
    }
    throw error;
  });
  const committedAtMs = performance.now();
  const fence = fenceOf(changed);
  const raised = raiseFence(() => raise(fence), deps);
  const droppedDeliveries = await drop(fence);
  deps.countDropped(dropReason, droppedDeliveries);
  await raised;
  if (mayHaveRequests(changed)) await sleep(Math.max(committedAtMs + barrierMs - performance.now(), 0));
  return { changed, droppedDeliveries };
}
