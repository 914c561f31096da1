import { MemoryBudget } from '@posthorn/core';
import { findChangedFeeds } from '@posthorn/database/feed';
import type { ServiceContext } from '@posthorn/runtime';
import type { ApiConfig } from '@posthorn/runtime/config';
import type { ApiDeps } from '../deps.js';
import { pageMemoryOf } from '../http/body-limits.js';
import { FairQueue } from '../http/fair-queue.js';
import { createOpenLimiter, POLL_LIMITS } from '../http/open-limiter.js';
import type { Databases } from '../open-databases.js';
import { FeedPolls } from './feed-polls.js';

/** Part of the connections for the history that feeds may use. Lists use the others. */
const SHARE_OF_CONNECTIONS = 0.5;

/** Opens what the calls that read feeds share. */
export async function openFeeds(
  { logger, group, parts }: Pick<ServiceContext<ApiConfig>, 'logger' | 'group' | 'parts'>,
  { pools }: Pick<Databases, 'pools'>,
  stopping: AbortSignal,
): Promise<Pick<ApiDeps, 'feedPolls' | 'feedReads' | 'openPoll' | 'pageMemory'>> {
  const feedPolls = new FeedPolls({
    findChanged: (feeds) => findChangedFeeds(pools.main, feeds),
    onError: (error) => logger.warn('checking the feeds that calls wait for failed', { error }),
    stopping,
  });
  return {
    feedPolls: await parts.open(feedPolls),
    feedReads: new FairQueue(Math.ceil(SHARE_OF_CONNECTIONS * pools.history.options.max)),
    openPoll: createOpenLimiter(POLL_LIMITS),
    pageMemory: new MemoryBudget(pageMemoryOf(group)),
  };
}
