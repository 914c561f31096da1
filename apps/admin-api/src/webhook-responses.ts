import type { WebhookResponse } from '@posthorn/contract';
import { readRecentAttempts, type WebhookRecord } from '@posthorn/database/prisma';
import type { ApiDeps } from './deps.js';
import type { Caller } from './http/authenticate.js';
import { serializeWebhook } from './serializers/webhook.js';

type ResponseDeps = Pick<ApiDeps, 'prisma' | 'sealer'>;

/** Returns webhooks with their recent attempts, as the caller may see them. */
export async function webhookResponses(
  webhooks: readonly WebhookRecord[],
  { tenantId }: Pick<Caller, 'tenantId'>,
  { prisma, sealer }: ResponseDeps,
): Promise<WebhookResponse[]> {
  const recent = await readRecentAttempts(
    prisma,
    webhooks.map(({ id }) => id),
  );
  const seesNames = tenantId === null;
  return webhooks.map((webhook) =>
    serializeWebhook(webhook, { sealer, recent: recent.get(webhook.id), seesNames }),
  );
}

/** As `webhookResponses`, for one webhook. */
export async function webhookResponse(
  webhook: WebhookRecord,
  { tenantId }: Pick<Caller, 'tenantId'>,
  { prisma, sealer }: ResponseDeps,
): Promise<WebhookResponse> {
  const recent = await readRecentAttempts(prisma, [webhook.id]);
  return serializeWebhook(webhook, { sealer, recent: recent.get(webhook.id), seesNames: tenantId === null });
}
