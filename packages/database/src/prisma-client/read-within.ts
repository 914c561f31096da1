import { Prisma } from '../generated/client.js';
import type { PrismaDb, PrismaTransaction } from './client.js';
import { isTimeout } from './prisma-errors.js';

/** Reads with a limit on the duration of each statement. Returns null if one takes longer. */
export async function readWithin<Result>(
  prisma: PrismaDb,
  timeoutMs: number,
  read: (prisma: PrismaTransaction) => Promise<Result>,
): Promise<Result | null> {
  try {
    return await prisma.$transaction(async (transaction) => {
      await transaction.$executeRaw`SET LOCAL statement_timeout = ${Prisma.raw(String(timeoutMs))}`;
      return read(transaction);
    });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    return null;
  }
}
