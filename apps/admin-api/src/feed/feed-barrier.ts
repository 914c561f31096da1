import {
  currentMoment,
  isWithin,
  MAX_READ_AGE_MS,
  type Moment,
  settlesWithin,
  type StoredFence,
} from '@posthorn/core';
import { findChangedFeeds, type WatchedFeed } from '@posthorn/database/feed';
import type { FeedPage } from '@posthorn/database/feed/prisma';
import { restoreFenced } from '@posthorn/flow';
import type { FeedDeps } from './deps.js';

/** How long a page waits for Redis, in milliseconds: it is read without Redis, too. */
const FENCE_TIMEOUT_MS = 500;

/**
 * Returns whether a page may be sent: its read is fresh enough for the barrier, or its webhook, tenant and key have not changed since.
 * @param feed as it was read
 */
export async function mayShow(
  feed: Omit<WatchedFeed, 'after'>,
  readAt: Moment,
  { pool }: Pick<FeedDeps, 'pool'>,
): Promise<boolean> {
  if (isFresh(readAt)) return true;
  const checkedAt = currentMoment();
  const changed = await findChangedFeeds(pool, [{ ...feed, after: Number.MAX_SAFE_INTEGER }]);
  return changed.length === 0 && isFresh(checkedAt);
}

const isFresh = (readAt: Moment): boolean => isWithin(MAX_READ_AGE_MS, { readAt, now: currentMoment() });

/** Returns the fences of a webhook and its tenant; none while Redis is unavailable. */
export async function readFences(
  webhook: { id: string; tenantId: string },
  { fences, logger }: Pick<FeedDeps, 'fences' | 'logger'>,
): Promise<StoredFence[]> {
  const found = fences.find({ webhookId: webhook.id, tenantId: webhook.tenantId });
  try {
    return (await settlesWithin(found, FENCE_TIMEOUT_MS)) ? await found : [];
  } catch (error) {
    logger.debug('the fences of a feed could not be read', { error });
    return [];
  }
}

/**
 * Suspends or deletes the webhook of a page, or its tenant, again if a failover of PostgreSQL has undone that, which their fences show.
 * Returns whether it did.
 */
export async function restoreIfFenced(
  { webhookId, epoch, tenantEpoch }: Pick<FeedPage, 'epoch' | 'tenantEpoch'> & { webhookId: string },
  fences: readonly StoredFence[],
  { pool, logger, countDropped }: Pick<FeedDeps, 'pool' | 'logger' | 'countDropped'>,
): Promise<boolean> {
  const broken = fences.filter((fence) =>
    fence.id === webhookId ? epoch < fence.epoch || fence.isDeleted : tenantEpoch < fence.epoch,
  );
  if (broken.length === 0) return false;
  await restoreFenced({ pool, logger, dropped: countDropped }, broken);
  return true;
}
