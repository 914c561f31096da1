import type { HashingSealer, Quotas } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Quarantine, SlotStore } from '@posthorn/flow';
import type { Logger } from '@posthorn/runtime';
import type { FairLimiter } from '../http/fair-limiter.js';
import type { OpenCall } from '../http/open-limiter.js';

export interface ExportDeps {
  pool: Pool;
  prisma: PrismaDb;
  history: PrismaDb;
  historyPool: Pool;
  sealer: HashingSealer;
  payloadKeys: PayloadKeys;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'state'>;
  /** For why deliveries are held. */
  slots: Pick<SlotStore, 'snapshots'>;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  /** For exports, which count for the tenant that is exported. */
  openExport: OpenCall;
  /** Reads the pages of feeds, few at a time, so that lists have connections left. */
  feedReads: Pick<FairLimiter, 'run'>;
  logger: Logger;
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}
