import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Quarantine } from '@posthorn/flow';
import type { Logger } from '@posthorn/runtime';
import type { OpenCall } from '../http/open-limiter.js';

export interface AuditDeps {
  prisma: PrismaDb;
  history: PrismaDb;
  historyPool: Pool;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'state'>;
  /** For exports, which count for the tenant that is exported. */
  openExport: OpenCall;
  logger: Logger;
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}
