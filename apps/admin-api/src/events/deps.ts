import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Acceptor } from '@posthorn/fanout';
import type { SlotStore } from '@posthorn/flow';
import type { RunChange } from '../calls/changes.js';

export interface EventDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  history: PrismaDb;
  payloadKeys: PayloadKeys;
  acceptor: Pick<Acceptor, 'accept' | 'acceptAll' | 'assertShortWait'>;
  /** For why deliveries are held. */
  slots: Pick<SlotStore, 'snapshots'>;
  /** For how many days the installation keeps payloads: the most that a tenant or an event type can have. */
  payloadRetentionDays: number;
  /** The same for deliveries and attempts. */
  retentionDays: number;
}
