import { expect, it } from '@jest/globals';
import { newId, SYSTEM } from '@posthorn/core';
import { audit } from '../src/audit/audit.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('an entry has the time of the database, not of the process', async () => {
  const prisma = openPrisma(db.pool);
  const record = { action: 'tenant.updated', tenantId: null, before: null, after: {} } as const;
  const target = newId();
  await prisma.$transaction(async (transaction) => {
    await audit(transaction, SYSTEM, { ...record, target });
    // The same until the end of the transaction.
    const [row] = await transaction.$queryRaw<
      { same: boolean }[]
    >`SELECT created_at = now()::timestamptz(3) AS same FROM audit_entry WHERE target = ${target}`;
    expect(row).toEqual({ same: true });
  });
});
