import { parseUrl, patternsMatching, type WebhookStatus } from '@posthorn/core';
import type { PrismaDb } from './client.js';
import { type ContainsText, containsText } from './contains-text.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { toWebhookRecord, type WebhookRecord, withSubscriptions } from './webhook-record.js';

/** Names one webhook; another tenant's is not found. @property tenantId null for all tenants */
export interface WebhookTarget {
  id: string;
  tenantId: string | null;
}

/** A webhook that is not deleted, or null. */
export async function findWebhook(
  prisma: Pick<PrismaDb, 'webhook'>,
  { id, tenantId }: WebhookTarget,
): Promise<WebhookRecord | null> {
  const row = await prisma.webhook.findFirst({
    where: { id, ...(tenantId !== null && { tenantId }), status: { not: 'deleted' } },
    include: withSubscriptions,
  });
  return row && toWebhookRecord(row);
}

export interface WebhookFilter {
  tenantId: string;
  status?: Exclude<WebhookStatus, 'deleted'> | undefined;
  /** A type: those that get events of it; a pattern with `*`: those that subscribe to just it. */
  eventType?: string | undefined;
  /** The present or the pending URL. */
  url?: string | undefined;
  /** A part of either URL or of the description, in any case. */
  search?: string | undefined;
}

/** Webhooks that are not deleted, newest first. */
export async function listWebhooks(
  prisma: PrismaDb,
  { tenantId, status, eventType, url, search }: WebhookFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<WebhookRecord>> {
  const rows = await prisma.webhook.findMany({
    where: {
      tenantId,
      status: status ?? { not: 'deleted' },
      ...(cursor !== undefined && { id: { lt: cursor } }),
      ...(eventType !== undefined && {
        subscriptions: { some: { tenantId, pattern: { in: wanted(eventType) } } },
      }),
      AND: [
        url === undefined ? {} : { OR: [{ url: normalised(url) }, { pendingUrl: normalised(url) }] },
        search === undefined ? {} : has(containsText(search)),
      ],
    },
    include: withSubscriptions,
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows.map(toWebhookRecord), limit);
}

const has = (part: ContainsText) => ({ OR: [{ url: part }, { pendingUrl: part }, { description: part }] });

/** URLs are stored in their normal form: `http://a.example` as `http://a.example/`. */
function normalised(url: string): string {
  return parseUrl(url)?.href ?? url;
}

function wanted(eventType: string): string[] {
  return eventType.endsWith('*') ? [eventType] : patternsMatching(eventType);
}
