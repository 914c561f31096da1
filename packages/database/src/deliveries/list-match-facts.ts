import { type DeliveryStatus, isShadowed } from '@posthorn/core';
import type { PrismaDb } from '../prisma/client.js';
import { ofEvent } from './delivery-query.js';
import type { Event } from '../events/events.js';
import { type Page, type PageRequest, toPage } from '../prisma/page.js';
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
  | 'suspendedAt'
  | 'filter'
  | 'filterSetAt'
> {
  subscriptions: { pattern: string; createdAt: Date }[];
  delivery: { id: string; status: DeliveryStatus; reason: string | null; attemptCount: number } | null;
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
      succeeded_before AS "succeededBefore"
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
    include: withRelations,
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const page = toPage(webhooks, limit);
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
        suspendedAt,
        filter,
        filterSetAt,
      } = toWebhookRecord(row);
      const { subscriptions } = row;
      const delivery = shownDelivery(row, byWebhook.get(id));
      const webhook = {
        id,
        url,
        description,
        status,
        epoch,
        createdAt,
        activeSince,
        suspendedAt,
        filter,
        filterSetAt,
      };
      return Object.assign(webhook, { subscriptions, delivery });
    }),
  };
}

interface StoredDelivery extends NonNullable<MatchFacts['delivery']> {
  epoch: number;
  succeededBefore: boolean;
}

/** Returns the delivery as lists show it: one that is pending since before its webhook was suspended or deleted has ended. */
function shownDelivery(
  webhook: Pick<WebhookRecord, 'status' | 'epoch' | 'sentFromEpoch'>,
  delivery: StoredDelivery | undefined,
): MatchFacts['delivery'] {
  if (!delivery) return null;
  const { epoch, succeededBefore, ...shown } = delivery;
  if (shown.status !== 'pending' || epoch >= webhook.epoch) return shown;
  if (succeededBefore) return { ...shown, status: 'succeeded' };
  const reason = webhook.status === 'deleted' ? 'deleted' : 'suspended';
  return { ...shown, status: 'dropped', reason: isShadowed(webhook, epoch) ? 'shadow' : reason };
}
