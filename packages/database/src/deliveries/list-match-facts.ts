import { type DeliveryStatus, type SendingState, stopReason } from '@posthorn/core';
import { findPrecedingHeads } from './add-preceding-heads.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { ofEvent } from './delivery-query.js';
import type { Event } from '../events/events.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { toWebhookRecord, type WebhookRecord, withRelations } from '../webhooks/webhook-record.js';

/** The facts that explain why a webhook received an event or not. */
export interface MatchFacts extends Pick<
  WebhookRecord,
  | 'id'
  | 'url'
  | 'description'
  | 'status'
  | 'epoch'
  | 'createdAt'
  | 'activeSince'
  | 'validatedAt'
  | 'attestedAt'
  | 'suspendedAt'
  | 'filter'
  | 'filterSetAt'
> {
  subscriptions: { pattern: string; createdAt: Date }[];
  delivery: ShownDelivery | null;
}

interface ShownDelivery {
  id: string;
  status: DeliveryStatus;
  reason: string | null;
  attemptCount: number;
  /** The delivery that must be settled first. Null for none. */
  waitsFor: string | null;
}

/**
 * Returns the webhooks of the tenant, including deleted ones that have a delivery of the event, newest first.
 * @param page with `matched`, only those that have a delivery, or only those that have none; with `webhookId`, only this one
 */
export async function listMatchFacts(
  prisma: PrismaDb,
  event: Pick<Event, 'id' | 'tenantId'>,
  { limit, cursor, matched, webhookId }: PageRequest & { matched?: boolean | undefined; webhookId?: string },
): Promise<Page<MatchFacts>> {
  const deliveries = await prisma.$queryRaw<(StoredDelivery & { webhookId: string })[]>`
    SELECT id, webhook_id AS "webhookId", status::text AS status, reason, epoch, attempt_count AS "attemptCount",
      succeeded_before AS "succeededBefore", chain
    FROM delivery d WHERE ${ofEvent(event.id)}`;
  const byWebhook = new Map(deliveries.map(({ webhookId: owner, ...delivery }) => [owner, delivery]));
  const withDelivery = { id: { in: [...byWebhook.keys()] } };
  const webhooks = await prisma.webhook.findMany({
    where: {
      tenantId: event.tenantId,
      OR: [{ status: { not: 'deleted' } }, withDelivery],
      ...(matched !== undefined && (matched ? { AND: withDelivery } : { NOT: withDelivery })),
      id: {
        ...(cursor !== undefined && { lt: cursor }),
        ...(webhookId !== undefined && { equals: webhookId }),
      },
    },
    include: { ...withRelations, tenant: { select: { status: true } } },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const page = toPage(webhooks, limit);
  const chained = page.items
    .flatMap(({ id }) => byWebhook.get(id) ?? [])
    .filter(({ chain }) => chain !== null);
  const heads = await findPrecedingHeads(prisma, chained);
  return {
    next: page.next,
    items: page.items.map((row) => {
      const {
        id,
        url,
        description,
        status,
        epoch,
        createdAt,
        activeSince,
        validatedAt,
        attestedAt,
        suspendedAt,
        filter,
        filterSetAt,
      } = toWebhookRecord(row);
      const { subscriptions } = row;
      const delivery = shownDelivery({ ...row, tenantStatus: row.tenant.status }, byWebhook.get(id), heads);
      const webhook = {
        id,
        url,
        description,
        status,
        epoch,
        createdAt,
        activeSince,
        validatedAt,
        attestedAt,
        suspendedAt,
        filter,
        filterSetAt,
      };
      return Object.assign(webhook, { subscriptions, delivery });
    }),
  };
}

interface StoredDelivery extends Omit<ShownDelivery, 'waitsFor'> {
  epoch: number;
  succeededBefore: boolean;
  chain: string | null;
}

/** Returns the delivery as lists show it: one that is pending since before its webhook or tenant was suspended or deleted has ended. */
function shownDelivery(
  webhook: SendingState,
  delivery: StoredDelivery | undefined,
  heads: ReadonlyMap<string, string>,
): ShownDelivery | null {
  if (!delivery) return null;
  const { epoch, succeededBefore, chain: _, ...stored } = delivery;
  const shown = { ...stored, waitsFor: null };
  if (shown.status !== 'pending') return shown;
  if (epoch >= webhook.epoch && webhook.tenantStatus === 'active')
    return { ...shown, waitsFor: heads.get(shown.id) ?? null };
  if (succeededBefore) return { ...shown, status: 'succeeded' };
  return { ...shown, status: 'dropped', reason: stopReason(webhook, epoch) };
}
