import { fieldError, PosthornError } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaTransaction } from '../prisma-client/client.js';
import { DAYS_AHEAD } from './create-partitions.js';

/** Maximum wait for the lock on the default partition, which hardly any statement uses. */
const LOCK_TIMEOUT_MS = 1000;

interface Retention {
  payloadDays?: number | null;
  historyDays?: number | null;
}

/**
 * Creates the partitions for a retention that was set in this transaction. A maintenance creates those of later days.
 * @throws PosthornError `invalid_input` if too many other retentions of history are in use
 */
export async function prepareRetention(
  transaction: PrismaTransaction,
  { payloadDays = null, historyDays = null }: Retention,
): Promise<void> {
  if (payloadDays === null && historyDays === null) return;
  await transaction.$executeRaw`SET LOCAL lock_timeout = ${Prisma.raw(String(LOCK_TIMEOUT_MS))}`;
  if (historyDays !== null) await useHistoryDays(transaction, historyDays);
  await transaction.$executeRaw`SELECT posthorn_create_payload_partitions(${TODAY}, ${TODAY} + ${DAYS_AHEAD}::integer)`;
}

const TODAY = Prisma.sql`(now() AT TIME ZONE 'UTC')::date`;

async function useHistoryDays(transaction: PrismaTransaction, historyDays: number): Promise<void> {
  const [row] = await transaction.$queryRaw<{ hasClass: boolean }[]>`
    SELECT posthorn_use_history_days(${historyDays}::integer, ${TODAY} - 1, ${TODAY} + ${DAYS_AHEAD}::integer) AS "hasClass"`;
  if (row?.hasClass) return;
  const classes = await transaction.historyClass.findMany({ orderBy: { days: 'asc' } });
  const days = classes.map((each) => each.days).join(', ');
  throw new PosthornError('invalid_input', {
    errors: [fieldError('retention.historyDays', 'history_days_in_use', { days })],
  });
}
