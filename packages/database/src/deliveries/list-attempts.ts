import { type AttemptTrigger, idTimeMs } from '@posthorn/core';
import { Prisma, type EarlierAttempt } from '../generated/client.js';
import type { PrismaDb } from '../prisma/client.js';
import { idFloor } from '../ids/id-floor.js';
import { MAX_CLOCK_SKEW_MS } from '../ids/max-clock-skew.js';
import { type Page, type PageRequest, toPage } from '../prisma/page.js';
import { whereClause } from '../prisma/where-clause.js';

/** A request to a receiver and its result. */
export type Attempt = Omit<EarlierAttempt, 'webhookId' | 'tenantId' | 'trigger'> & {
  trigger: AttemptTrigger;
};

/** Returns the attempts of a delivery, or that with a number, newest first. Does not read partitions older than the delivery. */
export async function listAttempts(
  prisma: PrismaDb,
  deliveryId: string,
  { limit, cursor, number }: PageRequest & { number?: number | undefined },
): Promise<Page<Attempt>> {
  const where = whereClause([
    Prisma.sql`delivery_id = ${deliveryId}::uuid AND id >= ${idFloor(idTimeMs(deliveryId) - MAX_CLOCK_SKEW_MS)}::uuid`,
    cursor !== undefined && Prisma.sql`id < ${cursor}::uuid`,
    number !== undefined && Prisma.sql`number = ${number}::integer`,
  ]);
  const rows = await prisma.$queryRaw<Attempt[]>`
    SELECT id, delivery_id AS "deliveryId", started_at AS "startedAt", duration_ms AS "durationMs", number,
      response_status AS "responseStatus", response_body AS "responseBody", error_code AS "errorCode", error_message AS "errorMessage",
      coalesce(trigger, 'schedule') AS trigger, response_headers AS "responseHeaders"
    FROM attempt ${where} ORDER BY id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit);
}
