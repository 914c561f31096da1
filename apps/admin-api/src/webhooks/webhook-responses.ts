import { MAX_BLOCKED_COUNT, type WebhookResponse } from '@posthorn/contract';
import type { DeliveryFormat, Sealer } from '@posthorn/core';
import { readBlockedWebhooks, readRecentAttempts } from '@posthorn/database/health/prisma';
import { readMutes } from '@posthorn/database/notifications/prisma';
import { findDefaultFormats } from '@posthorn/database/webhooks';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import type { Caller } from '../access/authenticate.js';
import type { WebhookDeps } from './deps.js';
import { seesShadow } from './shadow.js';
import { serializeWebhook } from './webhook.js';

type ResponseDeps = Pick<WebhookDeps, 'prisma' | 'sealer'>;

/** Returns webhooks with their recent attempts, as the caller may see them. */
export async function webhookResponses(
  webhooks: readonly WebhookRecord[],
  caller: Pick<Caller, 'tenantId'>,
  { prisma, sealer }: ResponseDeps,
): Promise<WebhookResponse[]> {
  const ids = webhooks.map(({ id }) => id);
  const inheriting = webhooks.filter(({ deliveryFormat }) => deliveryFormat === null);
  const [recent, blocked, mutes, defaults] = await Promise.all([
    readRecentAttempts(prisma, ids),
    readBlockedWebhooks(prisma, ids, MAX_BLOCKED_COUNT),
    readMutes(prisma, ids, audienceOf(caller)),
    findDefaultFormats(
      prisma,
      inheriting.map((webhook) => webhook.tenantId),
    ),
  ]);
  return webhooks.map((webhook) =>
    serializeWebhook(webhook, {
      sealer,
      recent: recent.get(webhook.id),
      blocked: blocked.get(webhook.id),
      defaultFormat: defaults.get(webhook.tenantId) ?? {},
      mute: mutes.get(webhook.id),
      ...visibleTo(caller),
    }),
  );
}

const visibleTo = (caller: Pick<Caller, 'tenantId'>) => ({
  seesNames: caller.tenantId === null,
  seesShadow: seesShadow(caller),
});

/** Returns a webhook that was just created. Reads nothing, so that it cannot fail. */
export const newWebhookResponse = (
  webhook: WebhookRecord,
  caller: Pick<Caller, 'tenantId'>,
  { sealer, defaultFormat }: { sealer: Sealer; defaultFormat: DeliveryFormat },
): WebhookResponse =>
  serializeWebhook(webhook, {
    sealer,
    defaultFormat,
    recent: undefined,
    blocked: undefined,
    mute: undefined,
    ...visibleTo(caller),
  });

/** As `webhookResponses`, for one webhook. */
export async function webhookResponse(
  webhook: WebhookRecord,
  caller: Pick<Caller, 'tenantId'>,
  deps: ResponseDeps,
): Promise<WebhookResponse> {
  const [response] = await webhookResponses([webhook], caller, deps);
  if (!response) throw new Error('One webhook gives one response');
  return response;
}

/** Returns whose notifications a caller mutes. */
export const audienceOf = ({ tenantId }: Pick<Caller, 'tenantId'>) =>
  tenantId === null ? ('operator' as const) : ('tenant' as const);
