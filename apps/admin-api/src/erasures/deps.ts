import type { HashingSealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { FenceStore, Quarantine } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';

export interface ErasureDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  history: PrismaDb;
  sealer: HashingSealer;
  payloadKeys: PayloadKeys;
  deliveries: Pick<DeliveryQueue, 'wake'>;
  fences: Pick<FenceStore, 'raiseTenants'>;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'state' | 'noteErasure'>;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  /** How long the call of an erasure waits at most until producers have erased the pushes in Redis, in milliseconds. */
  erasureWaitMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  /** How long a deleted tenant can be restored, in days. */
  tenantPurgeDays: number;
  logger: Logger;
}
