import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';
import { PrismaClient } from '../generated/client.js';

/** The Prisma client: configuration (tenants, keys, webhooks, event types) and history. */
export type PrismaDb = PrismaClient;

/** What runs inside one of its transactions. */
export type PrismaTransaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

/** Longest that a transaction waits for a connection, and longest that it runs, in milliseconds. */
const TRANSACTION_TIMES = { maxWait: 5000, timeout: 10_000 };

/** A Prisma client on the connections of `pool`, which stays its owner's to close. */
export function openPrisma(pool: Pool): PrismaDb {
  return new PrismaClient({
    errorFormat: 'minimal',
    adapter: new PrismaPg(pool),
    transactionOptions: TRANSACTION_TIMES,
  });
}
