import type { HashingSealer } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { OutboundRules } from '@posthorn/outbound';
import type { RunChange } from '../calls/changes.js';

export interface EgressDeps {
  prisma: PrismaDb;
  change: RunChange;
  sealer: HashingSealer;
  /** How long a change waits after its commit until no request can start with what it replaced, in milliseconds. */
  barrierMs: number;
  outbound: OutboundRules;
}
