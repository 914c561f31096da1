import type { WebhookLifecycle } from '@posthorn/core';
import type { Prisma } from '../generated/client.js';
import type { SealedSecret } from '../webhook-secrets.js';

/** What its owner sets about a webhook, beside the URL and the event types. */
export interface WebhookSettings {
  description: string | null;
  metadata: Record<string, unknown>;
  headersSealed: string | null;
  /** Seconds after each failure; empty: no retries. */
  retrySchedule: number[];
  timeoutMs: number;
}

export interface WebhookRecord extends WebhookLifecycle, WebhookSettings {
  id: string;
  tenantId: string;
  /** In order of their names. */
  eventTypes: string[];
  secrets: SealedSecret[];
  createdAt: Date;
  updatedAt: Date;
}

export const withSubscriptions = {
  subscriptions: { select: { pattern: true, createdAt: true }, orderBy: { pattern: 'asc' } },
} as const satisfies Prisma.WebhookInclude;

type WebhookRow = Prisma.WebhookGetPayload<{ include: typeof withSubscriptions }>;

export function toWebhookRecord({ subscriptions, metadata, secrets, ...row }: WebhookRow): WebhookRecord {
  return {
    ...row,
    eventTypes: subscriptions.map(({ pattern }) => pattern),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    metadata: metadata as Record<string, unknown>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    secrets: secrets as unknown as SealedSecret[],
  };
}
