import { parseUrl, patternsMatching, type WebhookStatus } from '@posthorn/core';
import type { PrismaDb } from './client.js';
import { type ContainsText, containsText } from './contains-text.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { toWebhookRecord, type WebhookRecord, withSubscriptions } from './webhook-record.js';

/** Identifies a webhook. Those of other tenants are not found. @property tenantId null for all tenants */
export interface WebhookTarget {
  id: string;
  tenantId: string | null;
}

/** Returns a webhook, or null if it does not exist or is deleted. */
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
  /** An event type, for all webhooks that receive it; or a pattern with `*`, for those that subscribe to exactly this pattern. */
  eventType?: string | undefined;
  /** The current or the pending URL. */
  url?: string | undefined;
  /** A substring of either URL or the description, case-insensitive. */
  search?: string | undefined;
}

/** Returns webhooks that are not deleted, newest first. */
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
        subscriptions: { some: { tenantId, pattern: { in: patternsFor(eventType) } } },
      }),
      AND: [
        url === undefined ? {} : { OR: [{ url: normalizeUrl(url) }, { pendingUrl: normalizeUrl(url) }] },
        search === undefined ? {} : textMatches(containsText(search)),
      ],
    },
    include: withSubscriptions,
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows.map(toWebhookRecord), limit);
}

const textMatches = (part: ContainsText) => ({
  OR: [{ url: part }, { pendingUrl: part }, { description: part }],
});

/** URLs are stored normalized: `http://a.example` as `http://a.example/`. */
function normalizeUrl(url: string): string {
  return parseUrl(url)?.href ?? url;
}

function patternsFor(eventType: string): string[] {
  return eventType.endsWith('*') ? [eventType] : patternsMatching(eventType);
}
