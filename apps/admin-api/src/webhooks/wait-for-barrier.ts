import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestChange } from '@posthorn/database/webhooks/prisma';
import type { WebhookDeps } from './deps.js';

/** Waits until no request starts with what was read before a change that is committed. */
export const waitForBarrier = ({ barrierMs }: Pick<WebhookDeps, 'barrierMs'>): Promise<void> =>
  sleep(barrierMs);

/** Returns the result of a change, as soon as no request starts with the settings that it has replaced. */
export async function afterBarrier<Changed extends RequestChange>(
  change: Promise<Changed>,
  deps: Pick<WebhookDeps, 'barrierMs'>,
): Promise<Changed> {
  const changed = await change;
  if (changed.changesRequests) await waitForBarrier(deps);
  return changed;
}
