import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';

export interface SearchDeps {
  prisma: PrismaDb;
  history: PrismaDb;
  historyPool: Pool;
  payloadKeys: PayloadKeys;
}
