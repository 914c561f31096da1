import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { SlotStore } from '@posthorn/flow';
import type { OpenCall } from '../http/open-limiter.js';
import type { OverviewFeed } from './overview-feed.js';

export interface OverviewDeps {
  prisma: PrismaDb;
  history: PrismaDb;
  historyPool: Pool;
  /** For why deliveries are held. */
  slots: Pick<SlotStore, 'snapshots'>;
  openStream: OpenCall;
  overview: OverviewFeed;
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}
