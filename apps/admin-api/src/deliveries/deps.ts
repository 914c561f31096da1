import type { RequestComposer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { SlotStore } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';

export interface DeliveryDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  history: PrismaDb;
  composer: RequestComposer;
  payloadKeys: PayloadKeys;
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'requeue'>;
  /** For why deliveries are held. */
  slots: Pick<SlotStore, 'snapshots'>;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  logger: Logger;
}
