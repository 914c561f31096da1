import type { MemoryBudget, RequestComposer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { FenceStore } from '@posthorn/flow';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { FairLimiter } from '../http/fair-limiter.js';
import type { OpenCall } from '../http/open-limiter.js';
import type { FeedPolls } from './feed-polls.js';

export interface FeedDeps {
  pool: Pool;
  prisma: PrismaDb;
  history: PrismaDb;
  composer: RequestComposer;
  payloadKeys: PayloadKeys;
  fences: Pick<FenceStore, 'find'>;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  openPoll: OpenCall;
  /** Reads the pages of feeds, few at a time, so that lists have connections left. */
  feedReads: Pick<FairLimiter, 'run'>;
  /** For the pages of feeds that are sent. */
  pageMemory: MemoryBudget;
  feedPolls: Pick<FeedPolls, 'wait'>;
  logger: Logger;
}
