import { PosthornError } from '@posthorn/core';
import {
  eventAttributesOf,
  findEvent,
  findKeptFormat,
  findWebhook,
  listAttempts,
} from '@posthorn/database/prisma';
import { composedRequest, redacted } from '../composed-request.js';
import { hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { requireDelivery } from '../require-delivery.js';
import { effectiveFormat } from '../signed-request.js';

export const getDeliveryRequest: Handler<'getDeliveryRequest'> = async ({ caller, params }, deps) => {
  const { prisma, history, sealer } = deps;
  const { id, eventId, webhookId } = await requireDelivery(params.id, caller, deps);
  const [event, webhook, attempts, kept] = await Promise.all([
    findEvent(prisma, { id: eventId, tenantId: null }),
    findWebhook(prisma, { id: webhookId, tenantId: null }),
    listAttempts(history, id, { limit: 1 }),
    findKeptFormat(prisma, id),
  ]);
  if (!event) throw unknownRequest('the event has expired');
  if (!webhook) throw unknownRequest('the webhook was deleted');
  const request = composedRequest(
    {
      webhook,
      eventId,
      envelope: event.body,
      attributes: eventAttributesOf(event),
      format: kept ?? (await effectiveFormat(webhook, prisma)) ?? {},
      timestamp: attempts.items[0]?.startedAt ?? new Date(),
    },
    sealer,
  );
  const body = hasScope(caller, 'events:read') ? request.body : null;
  return { status: 200, body: { url: webhook.url, headers: redacted(request), body } };
};

const unknownRequest = (reason: string) =>
  new PosthornError('invalid_state', { detail: `The request is not available: ${reason}` });
