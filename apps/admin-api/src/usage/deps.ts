import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Logger } from '@posthorn/runtime';
import type { OpenCall } from '../http/open-limiter.js';

export interface UsageDeps {
  prisma: PrismaDb;
  historyPool: Pool;
  openStream: OpenCall;
  logger: Logger;
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}
