import { type AttemptTrigger, idTimeMs } from '@posthorn/core';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { Prisma } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { idFloor } from '../ids/id-floor.js';
import { MAX_CLOCK_SKEW_MS } from '../ids/max-clock-skew.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { whereClause } from '../prisma-client/where-clause.js';
import { withResponses } from './stored-response.js';

/** A request to a receiver and its result. */
export interface Attempt {
  id: string;
  deliveryId: string;
  startedAt: Date;
  durationMs: number;
  number: number;
  responseStatus: number | null;
  responseBody: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  trigger: AttemptTrigger;
  /** A JSON object. */
  responseHeaders: string | null;
}

const SELECT = Prisma.sql`
SELECT id, delivery_id AS "deliveryId", started_at AS "startedAt", duration_ms AS "durationMs", number,
  response_status AS "responseStatus", response_body AS "responseBody", error_code AS "errorCode", error_message AS "errorMessage",
  coalesce(trigger, 'schedule') AS trigger, response_headers AS "responseHeaders"
FROM attempt`;

/** Returns the attempts of a delivery, or that with a number, newest first. Does not read partitions older than the delivery. */
export async function listAttempts(
  prisma: PrismaDb,
  deliveryId: string,
  {
    limit,
    cursor,
    number,
    payloadKeys,
  }: PageRequest & { number?: number | undefined; payloadKeys: PayloadKeys },
): Promise<Page<Attempt>> {
  const where = whereClause([
    Prisma.sql`delivery_id = ${deliveryId}::uuid AND id >= ${idFloor(idTimeMs(deliveryId) - MAX_CLOCK_SKEW_MS)}::uuid`,
    cursor !== undefined && Prisma.sql`id < ${cursor}::uuid`,
    number !== undefined && Prisma.sql`number = ${number}::integer`,
  ]);
  const rows = await prisma.$queryRaw<Attempt[]>`${SELECT} ${where} ORDER BY id DESC LIMIT ${limit + 1}`;
  const { items, next } = toPage(rows, limit);
  return { items: await withResponses(items, payloadKeys), next };
}

interface AttemptsOfDeliveries {
  /** Deliveries of other tenants have none. */
  tenantId: string;
  /** Newest first. */
  deliveryIds: readonly string[];
  /** The last attempt of the previous page. */
  after?: Pick<Attempt, 'deliveryId' | 'id'> | undefined;
  limit: number;
  /** They open what is sealed. */
  payloadKeys: PayloadKeys;
}

/** Returns attempts of deliveries, newest delivery first, and oldest attempt of each first. */
export async function listAttemptsOfDeliveries(
  prisma: PrismaDb,
  { tenantId, deliveryIds, after, limit, payloadKeys }: AttemptsOfDeliveries,
): Promise<Attempt[]> {
  const left = deliveryIds.filter((id) => after === undefined || id <= after.deliveryId);
  const oldest = left.at(-1);
  if (oldest === undefined) return [];
  const where = whereClause([
    Prisma.sql`tenant_id = ${tenantId}::uuid`,
    Prisma.sql`delivery_id = ANY (${left}::uuid[]) AND id >= ${idFloor(idTimeMs(oldest) - MAX_CLOCK_SKEW_MS)}::uuid`,
    after !== undefined && Prisma.sql`(delivery_id <> ${after.deliveryId}::uuid OR id > ${after.id}::uuid)`,
  ]);
  const rows = await prisma.$queryRaw<
    Attempt[]
  >`${SELECT} ${where} ORDER BY delivery_id DESC, id LIMIT ${limit}`;
  return withResponses(rows, payloadKeys);
}
