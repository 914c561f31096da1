import type { Actor } from '@posthorn/core';
import { audit } from '../audit/audit.js';
import { type Erasure, type ErasureStatus, Prisma } from '../generated/client.js';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../encryption/payload-keys.js';
import { ofEvent } from '../deliveries/delivery-query.js';
import { isErasedSql } from '../events/stored-body.js';
import { idBounds, type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { IN_FLIGHT_SECONDS } from './erase-events.js';
import { ACCEPTED_UNTIL, countEventsOf, type ErasureKind, kindOfErasure } from './erasure.js';
import { ERASURE_PHASES } from './run-erasure.js';

/** What to erase. */
export interface ErasureInput {
  tenantId: string;
  eventId: string | null;
  /** Where the events of a person have a value, and its digest. Both are null for other erasures. */
  pointer: string | null;
  digest: string | null;
}

interface NewErasure extends ErasureInput {
  id: string;
  /** What was accepted until then is erased. That of another erasure, if this one repeats it; otherwise of the call. */
  coversUntil: Date;
  isRepeat: boolean;
  receiptSealed: string;
}

/** Returns the time until which everything is accepted already, by the clock of the database. */
export async function readAcceptedUntil(prisma: PrismaDb): Promise<Date> {
  const rows = await prisma.$queryRaw<{ now: Date }[]>`SELECT ${Prisma.raw(ACCEPTED_UNTIL)} AS now`;
  return rows[0]?.now ?? new Date();
}

/** Returns the number of events that are known without a scan. */
export async function countErasure(
  prisma: PrismaTransaction,
  { tenantId, eventId, pointer, digest }: ErasureInput,
  payloadKeys: PayloadKeys,
): Promise<number> {
  const digests = digest === null ? [] : (await payloadKeys.searchDigests(tenantId))(digest);
  const valuesIn = (table: string) =>
    Prisma.sql`SELECT event_id FROM ${Prisma.raw(table)} WHERE tenant_id = ${tenantId}::uuid AND digest = ANY (${digests}::uuid[]) AND pointer = ${pointer}`;
  const counting =
    eventId !== null
      ? Prisma.sql`SELECT count(*) FROM event e WHERE e.id = ${eventId}::uuid AND NOT ${Prisma.raw(isErasedSql('e'))}`
      : pointer === null
        ? Prisma.raw(countEventsOf(`'${tenantId}'::uuid`))
        : Prisma.sql`SELECT count(*) FROM (${valuesIn('event_search_value')} UNION ${valuesIn('event_payload_value')}) AS found`;
  const rows = await prisma.$queryRaw<{ count: number }[]>`SELECT (${counting})::float8 AS count`;
  return rows[0]?.count ?? 0;
}

/**
 * Creates an erasure, which producers run. Returns the running one if there is one with the same input. That of a tenant makes its purge
 * due, so that it can no longer be restored; null if the tenant is not deleted.
 */
export async function createErasure(
  prisma: PrismaDb,
  erasure: NewErasure,
  actor: Actor,
): Promise<Erasure | null> {
  for (;;) {
    const created = await createOrFind(prisma, erasure, actor);
    if (created !== 'ended') return created;
  }
}

/** `ended`: the running one ended before it was found. */
async function createOrFind(
  prisma: PrismaDb,
  erasure: NewErasure,
  actor: Actor,
): Promise<Erasure | null | 'ended'> {
  const { id, tenantId, eventId, pointer, digest, coversUntil, isRepeat, receiptSealed } = erasure;
  const kind = kindOfErasure(erasure);
  return prisma.$transaction(async (transaction) => {
    if (kind === 'tenant' && !(await endGracePeriod(transaction, tenantId))) return null;
    const total = kind === 'subject' ? 0 : await countErasure(transaction, erasure, NO_PAYLOAD_KEYS);
    const [created] = await transaction.$queryRaw<{ id: string }[]>`
      INSERT INTO erasure (id, tenant_id, event_id, pointer, digest, covers_until, is_repeat, receipt_sealed, phase, total, quiet_at)
      VALUES (${id}::uuid, ${tenantId}::uuid, ${eventId}::uuid, ${pointer}, ${digest}::uuid, ${coversUntil}, ${isRepeat},
        ${receiptSealed}, ${ERASURE_PHASES[kind][0]}, ${total},
        (SELECT deleted_at + ${Prisma.raw(`interval '${IN_FLIGHT_SECONDS} seconds'`)} FROM tenant WHERE id = ${tenantId}::uuid))
      ON CONFLICT DO NOTHING RETURNING id`;
    if (!created) {
      await extendRunning(transaction, erasure);
      return (await findRunning(transaction, erasure)) ?? 'ended';
    }
    if (eventId !== null)
      await transaction.$executeRaw`INSERT INTO erasure_event (erasure_id, event_id) VALUES (${id}::uuid, ${eventId}::uuid)`;
    await audit(transaction, actor, {
      action: 'erasure.created',
      tenantId,
      target: id,
      before: null,
      after: { kind, eventId, key: pointer },
    });
    return transaction.erasure.findUnique({ where: { id } });
  });
}

/** Returns whether the tenant is deleted. Then its purge is due from now on. */
async function endGracePeriod(transaction: PrismaTransaction, tenantId: string): Promise<boolean> {
  const changed = await transaction.$executeRaw`
    UPDATE tenant SET purge_at = least(purge_at, date_trunc('milliseconds', now())) WHERE id = ${tenantId}::uuid AND status = 'deleted'`;
  return changed > 0;
}

/**
 * Makes the running erasure of a person begin again, unless it covers what a repeated one does. Its time changes in any case: it may just now
 * look for pushes, and have missed some that are in Redis at this call.
 */
async function extendRunning(
  transaction: PrismaTransaction,
  { tenantId, pointer, digest, coversUntil, isRepeat, receiptSealed }: NewErasure,
): Promise<void> {
  await transaction.$executeRaw`
    UPDATE erasure SET covers_until = greatest(covers_until + interval '1 millisecond', ${coversUntil}), is_repeat = is_repeat AND ${isRepeat},
      receipt_sealed = ${receiptSealed}, phase = ${ERASURE_PHASES.subject[0]}, cursor = NULL
    WHERE tenant_id = ${tenantId}::uuid AND pointer = ${pointer} AND digest = ${digest}::uuid AND status = 'running'
      AND (NOT ${isRepeat} OR is_repeat AND covers_until < ${coversUntil})`;
}

async function findRunning(
  transaction: PrismaTransaction,
  { tenantId, eventId, pointer, digest }: ErasureInput,
): Promise<Erasure | null> {
  return transaction.erasure.findFirst({ where: { tenantId, eventId, pointer, digest, status: 'running' } });
}

/** Returns the tenant of an event, also of one that has expired, while its deliveries or their attempts are kept. @param tenantId null for all tenants */
export async function findTenantOfEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<string | null> {
  const rows = await prisma.$queryRaw<{ tenantId: string }[]>`
    SELECT tenant_id AS "tenantId" FROM (
      SELECT tenant_id FROM event WHERE id = ${id}::uuid
      UNION ALL
      SELECT tenant_id FROM delivery d WHERE ${ofEvent(id)}
      UNION ALL
      SELECT tenant_id FROM earlier_attempt d WHERE ${ofEvent(id, Prisma.sql`d.delivery_id`)}
    ) AS found
    WHERE ${tenantId}::uuid IS NULL OR tenant_id = ${tenantId}::uuid LIMIT 1`;
  return rows[0]?.tenantId ?? null;
}

/** @param tenantId null for all tenants */
export async function findErasure(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<Erasure | null> {
  return prisma.erasure.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
}

interface ErasureFilter {
  /** Null for all tenants. */
  tenantId: string | null;
  status?: ErasureStatus | undefined;
}

/** Returns erasures, newest first. */
export async function listErasures(
  prisma: PrismaDb,
  { tenantId, status }: ErasureFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Erasure>> {
  const rows = await prisma.erasure.findMany({
    where: {
      ...(tenantId !== null && { tenantId }),
      ...(status !== undefined && { status }),
      id: idBounds({ cursor }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

export type { Erasure, ErasureKind, ErasureStatus };
