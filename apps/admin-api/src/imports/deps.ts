import type { HashingSealer, Quotas } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { FenceStore } from '@posthorn/flow';
import type { OutboundRules } from '@posthorn/outbound';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';

export interface ImportDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  sealer: HashingSealer;
  fences: Pick<FenceStore, 'raise'>;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  outbound: OutboundRules;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  /** Until when URLs may be attested. Null for never. */
  attestationUntil: Date | null;
  logger: Logger;
}
