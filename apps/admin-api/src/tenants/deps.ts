import type { HashingSealer, Quotas } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { FenceStore } from '@posthorn/flow';
import type { CountDropped, Logger } from '@posthorn/runtime';
import type { RunChange } from '../calls/changes.js';

export interface TenantDeps {
  pool: Pool;
  prisma: PrismaDb;
  change: RunChange;
  bulkPool: Pool;
  sealer: HashingSealer;
  fences: Pick<FenceStore, 'raiseTenants'>;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  /** For how many days the installation keeps payloads: the most that a tenant or an event type can have. */
  payloadRetentionDays: number;
  /** The same for deliveries and attempts. */
  retentionDays: number;
  /** How long a deleted tenant can be restored, in days. */
  tenantPurgeDays: number;
  logger: Logger;
}
