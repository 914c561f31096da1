import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { DeliveryQueue } from '@posthorn/queue';
import type { CountDropped } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';

export interface ReplayDeps {
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  history: PrismaDb;
  historyPool: Pool;
  payloadKeys: PayloadKeys;
  deliveries: Pick<DeliveryQueue, 'wake'>;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
}
