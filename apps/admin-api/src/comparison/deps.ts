import type { HashingSealer, RequestComposer } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';

export interface ComparisonDeps {
  prisma: PrismaDb;
  history: PrismaDb;
  historyPool: Pool;
  sealer: HashingSealer;
  composer: RequestComposer;
  payloadKeys: PayloadKeys;
}
