import {
  parseUrl,
  patternsMatching,
  type Suspender,
  WEBHOOK_HEALTH,
  type WebhookDelivery,
  type WebhookHealth,
  type WebhookStatus,
} from '@posthorn/core';
import type { Prisma } from '../generated/client.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { type ContainsText, containsText } from '../prisma-client/contains-text.js';
import { NOT_OF_DELETED_TENANT, OF_ACTIVE_TENANT } from '../tenancy/is-active-tenant.js';
import { rankWebhooks, type WebhookRanking } from './rank-webhooks.js';
import { toWebhookRecord, type WebhookRecord, withRelations } from './webhook-record.js';

/** Identifies a webhook. Webhooks of other tenants are not found. @property tenantId null for all tenants */
export interface WebhookTarget {
  id: string;
  tenantId: string | null;
}

/** Returns a webhook, or null if it does not exist or is deleted. */
export async function findWebhook(
  prisma: PrismaTransaction,
  { id, tenantId }: WebhookTarget,
): Promise<WebhookRecord | null> {
  const row = await prisma.webhook.findFirst({
    where: { id, ...(tenantId !== null && { tenantId }), status: { not: 'deleted' } },
    include: withRelations,
  });
  return row && toWebhookRecord(row);
}

/** Returns the ids of the webhooks of a tenant that are shadows. */
export async function findShadows(prisma: PrismaDb, tenantId: string): Promise<string[]> {
  const where = { tenantId, sentFromEpoch: null, status: { not: 'deleted' } } as const;
  return (await prisma.webhook.findMany({ where, select: { id: true } })).map(({ id }) => id);
}

/** Returns the id of the webhook with this external id in a tenant, or null. */
export async function findWebhookId(
  prisma: PrismaDb,
  { tenantId, externalId }: { tenantId: string; externalId: string },
): Promise<string | null> {
  const where = { tenantId_externalId: { tenantId, externalId } };
  const row = await prisma.webhook.findUnique({ where, select: { id: true } });
  return row?.id ?? null;
}

/** What a webhook was imported as. */
export interface ImportOrigin {
  tenantId: string;
  importedFrom: string;
  importedId: string;
}

/** Returns the webhook that was imported from a source under this id, whatever its external id is now, or null. */
export async function findImport(prisma: PrismaDb, imported: ImportOrigin): Promise<WebhookRecord | null> {
  const row = await prisma.webhook.findFirst({
    where: { ...imported, status: { not: 'deleted' } },
    orderBy: { id: 'desc' },
    include: withRelations,
  });
  return row && toWebhookRecord(row);
}

/** Returns whether the last webhook that was imported from a source under this id has been deleted, and not by an import. */
export async function isImportDeletedByHand(prisma: PrismaDb, imported: ImportOrigin): Promise<boolean> {
  const deleted = await prisma.webhook.findFirst({
    where: { ...imported, status: 'deleted' },
    orderBy: { id: 'desc' },
    select: { importRemovedAt: true },
  });
  return deleted !== null && deleted.importRemovedAt === null;
}

type ListedStatus = Exclude<WebhookStatus, 'deleted'>;

export interface WebhookFilter {
  /** Null for all tenants. */
  tenantId: string | null;
  status?: ListedStatus | undefined;
  delivery?: WebhookDelivery | undefined;
  health?: WebhookHealth | undefined;
  slow?: boolean | undefined;
  suspendedBy?: Suspender | undefined;
  /** An event type, for all webhooks that receive it; or a pattern with `*`, for those that subscribe to exactly this pattern. */
  eventType?: string | undefined;
  /** The current or the pending URL. */
  url?: string | undefined;
  /** A substring of either URL or the description, case-insensitive. */
  search?: string | undefined;
  /** Tags that all of them have. */
  tag?: string[] | undefined;
  importedFrom?: string | undefined;
  /** Whether they were imported from another system. */
  imported?: boolean | undefined;
}

/** The position after which a page continues: a webhook and, in a sorted list, the index of its group or its value. */
interface WebhookCursor {
  id: string;
  rank: number | null;
}

type WebhookSort = 'created' | 'health' | 'status' | WebhookRanking;

interface WebhookPageRequest {
  limit: number;
  cursor?: WebhookCursor | undefined;
  sort?: WebhookSort | undefined;
}

export interface WebhookPage {
  items: WebhookRecord[];
  next: WebhookCursor | null;
}

/** Returns webhooks that are not deleted, newest first unless they are sorted. */
export function listWebhooks(
  prisma: PrismaDb,
  filter: WebhookFilter,
  { limit, cursor, sort = 'created' }: WebhookPageRequest,
): Promise<WebhookPage> {
  switch (sort) {
    case 'created':
    case 'health':
    case 'status':
      return listGroups(prisma, filter, { limit, cursor, groups: GROUPS[sort] });
    case 'latency':
    case 'failureRate':
    case 'backlog':
    case 'lastAttempt':
      return listRanked(prisma, filter, { limit, cursor, ranking: sort });
  }
}

/** Returns the webhooks of each group, newest first. */
async function listGroups(
  prisma: PrismaDb,
  filter: WebhookFilter,
  { limit, cursor, groups }: WebhookPageRequest & { groups: readonly Prisma.WebhookWhereInput[] },
): Promise<WebhookPage> {
  const first = cursor?.rank ?? 0;
  const found: { webhook: WebhookRecord; rank: number }[] = [];
  for (const [rank, group] of groups.entries()) {
    if (rank < first || found.length > limit) continue;
    const after = rank === first && cursor ? { id: { lt: cursor.id } } : {};
    const rows = await prisma.webhook.findMany({
      where: { AND: [conditionsOf(filter), group, after] },
      include: withRelations,
      orderBy: { id: 'desc' },
      take: limit + 1 - found.length,
    });
    found.push(...rows.map((row) => ({ webhook: toWebhookRecord(row), rank })));
  }
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  const next = last ? { id: last.webhook.id, rank: groups.length === 1 ? null : last.rank } : null;
  return { items: items.map(({ webhook }) => webhook), next };
}

/** Returns webhooks in an order by a value. Evaluates all that match the filter. */
async function listRanked(
  prisma: PrismaDb,
  filter: WebhookFilter,
  { limit, cursor, ranking }: WebhookPageRequest & { ranking: WebhookRanking },
): Promise<WebhookPage> {
  const matching = await prisma.webhook.findMany({ where: conditionsOf(filter), select: { id: true } });
  const ranked = await rankWebhooks(
    prisma,
    matching.map(({ id }) => id),
    {
      ranking,
      limit: limit + 1,
      after: cursor?.rank === undefined || cursor.rank === null ? null : { id: cursor.id, rank: cursor.rank },
    },
  );
  const shown = ranked.slice(0, limit);
  const rows = await prisma.webhook.findMany({
    where: { id: { in: shown.map(({ id }) => id) } },
    include: withRelations,
  });
  const byId = new Map(rows.map((row) => [row.id, toWebhookRecord(row)]));
  return {
    items: shown.flatMap(({ id }) => byId.get(id) ?? []),
    next: ranked.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** Only active webhooks of active tenants are evaluated; the others count as healthy, whatever they were before. */
const ofHealth = (health: WebhookHealth): Prisma.WebhookWhereInput =>
  health === 'healthy' ? { NOT: { ...IS_EVALUATED, health: { not: health } } } : { ...IS_EVALUATED, health };

const IS_EVALUATED = { status: 'active', ...OF_ACTIVE_TENANT } as const;

const STATUS_ORDER: ListedStatus[] = ['suspended', 'active', 'pending_validation'];

/** The groups of each sort order, in order. */
const GROUPS: Record<Exclude<WebhookSort, WebhookRanking>, Prisma.WebhookWhereInput[]> = {
  created: [{}],
  health: WEBHOOK_HEALTH.toReversed().map(ofHealth),
  status: STATUS_ORDER.map((status) => ({ status })),
};

function conditionsOf(filter: WebhookFilter): Prisma.WebhookWhereInput {
  const { tenantId, status, delivery, health, slow, suspendedBy, eventType, url, search, tag } = filter;
  const { importedFrom, imported } = filter;
  const ofTenant = tenantId === null ? {} : { tenantId };
  return {
    ...ofTenant,
    ...NOT_OF_DELETED_TENANT,
    status: status ?? { not: 'deleted' },
    ...(tag && { tags: { hasEvery: tag } }),
    ...(importedFrom !== undefined && { importedFrom }),
    ...(delivery !== undefined && { delivery }),
    ...(slow !== undefined && { slowSince: slow ? { not: null } : null }),
    ...(eventType !== undefined && {
      subscriptions: { some: { ...ofTenant, pattern: { in: patternsFor(eventType) } } },
    }),
    AND: [
      health === undefined ? {} : ofHealth(health),
      suspendedBy === undefined ? {} : { status: 'suspended', suspendedBy },
      imported === undefined ? {} : { importedFrom: imported ? { not: null } : null },
      url === undefined ? {} : { OR: [{ url: normalizeUrl(url) }, { pendingUrl: normalizeUrl(url) }] },
      search === undefined ? {} : textMatches(containsText(search)),
    ],
  };
}

const textMatches = (part: ContainsText) => ({
  OR: [{ url: part }, { pendingUrl: part }, { externalId: part }, { description: part }],
});

/** URLs are stored normalized: `http://a.example` as `http://a.example/`. */
function normalizeUrl(url: string): string {
  return parseUrl(url)?.href ?? url;
}

function patternsFor(eventType: string): string[] {
  return eventType.endsWith('*') ? [eventType] : patternsMatching(eventType);
}
