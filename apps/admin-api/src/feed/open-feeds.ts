import { MemoryBudget } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { findChangedFeeds } from '@posthorn/database/feed';
import type { ServiceContext } from '@posthorn/runtime';
import type { ApiConfig } from '@posthorn/runtime/config';
import { pageMemoryOf } from '../http/body-limits.js';
import { FairLimiter } from '../http/fair-limiter.js';
import { createOpenLimiter, POLL_LIMITS } from '../http/open-limiter.js';
import type { FeedDeps } from './deps.js';
import { FeedPolls } from './feed-polls.js';

/** Part of the connections for the history that feeds may use. Lists use the others. */
const SHARE_OF_CONNECTIONS = 0.5;

/** Opens what the calls that read feeds share. */
export async function openFeeds(
  { logger, group, parts }: Pick<ServiceContext<ApiConfig>, 'logger' | 'group' | 'parts'>,
  { pools }: { pools: Record<'main' | 'history', Pool> },
  stopping: AbortSignal,
): Promise<Pick<FeedDeps, 'feedReads' | 'openPoll' | 'pageMemory'> & { feedPolls: FeedPolls }> {
  const feedPolls = new FeedPolls({
    findChanged: (feeds) => findChangedFeeds(pools.main, feeds),
    onError: (error) => logger.warn('checking the feeds that calls wait for failed', { error }),
    stopping,
  });
  return {
    feedPolls: await parts.open(feedPolls),
    feedReads: new FairLimiter(Math.ceil(SHARE_OF_CONNECTIONS * pools.history.options.max)),
    openPoll: createOpenLimiter(POLL_LIMITS),
    pageMemory: new MemoryBudget(pageMemoryOf(group)),
  };
}
