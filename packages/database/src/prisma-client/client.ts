import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';
import { PrismaClient } from '../generated/client.js';
import { withLimitedTransactions } from './limited-transactions.js';

/** The Prisma client: configuration (tenants, keys, webhooks, event types) and history. */
export type PrismaDb = PrismaClient;

/** The client inside a transaction. */
export type PrismaTransaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** Maximum wait for a connection and maximum duration of a transaction, in milliseconds. */
const TRANSACTION_TIMEOUTS = { maxWait: 5000, timeout: 10_000 };

/** Returns a Prisma client that uses the connections of `pool`. Closing the pool remains the caller's responsibility. */
export function openPrisma(pool: Pool): PrismaDb {
  return new PrismaClient({
    errorFormat: 'minimal',
    adapter: new PrismaPg(withLimitedTransactions(pool)),
    transactionOptions: TRANSACTION_TIMEOUTS,
  });
}
