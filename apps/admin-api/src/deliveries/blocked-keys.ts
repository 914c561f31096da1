import { type BlockedKeyResponse, MAX_BLOCKED_COUNT } from '@posthorn/contract';
import { encodeId } from '@posthorn/core';
import { type BlockedKey, listBlockedKeys as readBlockedKeys } from '@posthorn/database/deliveries/prisma';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import type { DeliveryDeps } from './deps.js';
import { shownOrderingKey } from './delivery.js';
import { hidesOrderingKeys } from '../access/redactions.js';
import type { Handler } from '../calls/handler.js';
import { serializePage, timeOrNull } from '../http/page.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';

export const listBlockedKeys: Handler<'listBlockedKeys', DeliveryDeps> = async (
  { caller, params, query },
  deps,
) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const filter = { webhookId: webhook.id, maxCount: MAX_BLOCKED_COUNT };
  const page = await readBlockedKeys(deps.history, filter, query);
  const hidesKey = await hidesOrderingKeys(caller, deps.prisma);
  return {
    status: 200,
    body: serializePage(page, (blocked) => serializeBlockedKey(blocked, shownOrderingKey(blocked, hidesKey))),
  };
};

function serializeBlockedKey(blocked: BlockedKey, orderingKey: string | null): BlockedKeyResponse {
  return {
    orderingKey,
    deliveryId: encodeId('delivery', blocked.id),
    eventId: encodeId('event', blocked.eventId),
    eventType: blocked.eventType,
    sequence: blocked.sequence,
    blockedSince: blocked.blockedSince.toISOString(),
    attemptCount: blocked.attemptCount,
    lastStatus: blocked.lastStatus,
    lastError: blocked.lastError,
    nextAttemptAt: blocked.held ? null : timeOrNull(blocked.nextAttemptAt),
    waiting: blocked.waiting,
  };
}
