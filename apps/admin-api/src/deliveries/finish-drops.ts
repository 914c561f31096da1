import { PosthornError, reason } from '@posthorn/core';
import { type DropScope, finishDrops as dropRemaining } from '@posthorn/database/deliveries';
import { finishCancelled } from '@posthorn/database/replays';
import type { DeliveryDeps } from './deps.js';

/** Maximum duration, in milliseconds. Enough for about 180,000 deliveries on two cores. */
const MAX_MS = 5000;

/**
 * Drops what suspends and cancelled recoveries have ended and not dropped yet, so that a replay or recovery covers all deliveries that are shown as dropped.
 * @throws PosthornError if that takes too long
 */
export async function finishDrops(
  scope: DropScope,
  { bulkPool, countDropped }: Pick<DeliveryDeps, 'bulkPool' | 'countDropped'>,
): Promise<void> {
  const { dropped, isFinished } = await dropRemaining(bulkPool, { ...scope, maxMs: MAX_MS });
  countDropped('suspended', dropped);
  if (isFinished && (await finishCancelled(bulkPool, { ...scope, maxMs: MAX_MS }))) return;
  throw new PosthornError('unavailable', {
    reason: reason('drops_unfinished'),
  });
}
