import type { SealedSecret, WebhookLifecycle } from '@posthorn/core';
import type { Prisma } from '../generated/client.js';

/** What its owner sets about a webhook, beside the URL and the event types. */
export interface WebhookSettings {
  description: string | null;
  metadata: Record<string, unknown>;
  headersSealed: string | null;
  /** Seconds after each failure; empty: no retries. */
  retrySchedule: number[];
  timeoutMs: number;
  /** A JSON Schema that the data of an event must fit; null: everything. */
  filter: Record<string, unknown> | null;
  /** Since when it is the filter; no two filters of a webhook have the same time. */
  filterSetAt: Date | null;
  /** At most so many requests in so many seconds; both null: no limit. */
  rateLimit: number | null;
  rateLimitSeconds: number | null;
  maxInFlight: number;
  /** Days of nothing but failures after which it is suspended; 0: never. */
  autoSuspendAfterDays: number;
}

export interface WebhookRecord extends WebhookLifecycle, WebhookSettings {
  id: string;
  tenantId: string;
  /** In order of their names. */
  eventTypes: string[];
  secrets: SealedSecret[];
  /** Since when its deliveries run in the slow lane; null: in the fast one. */
  slowSince: Date | null;
  /** The first failure since its last success. */
  failingSince: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export const withSubscriptions = {
  subscriptions: { select: { pattern: true, createdAt: true }, orderBy: { pattern: 'asc' } },
} as const satisfies Prisma.WebhookInclude;

type WebhookRow = Prisma.WebhookGetPayload<{ include: typeof withSubscriptions }>;

export function toWebhookRecord({
  subscriptions,
  metadata,
  filter,
  secrets,
  ...row
}: WebhookRow): WebhookRecord {
  return {
    ...row,
    eventTypes: subscriptions.map(({ pattern }) => pattern),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    metadata: metadata as Record<string, unknown>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    filter: filter as Record<string, unknown> | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    secrets: secrets as unknown as SealedSecret[],
  };
}
