import { PosthornError, reason } from '@posthorn/core';
import {
  eventAttributesOf,
  findEvent,
  findKeptFormat,
  findWebhook,
  listAttempts,
} from '@posthorn/database/prisma';
import { composedRequest } from './composed-request.js';
import { hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { requireDelivery } from './require-delivery.js';
import { secretHeaderNames, shownRequest } from './shown-request.js';
import { effectiveFormat } from './signed-request.js';
import { getsNoRequests } from '../webhooks/webhook-errors.js';

export const getDeliveryRequest: Handler<'getDeliveryRequest'> = async ({ caller, params, query }, deps) => {
  const { prisma, history, sealer } = deps;
  const { id, eventId, webhookId, sequence } = await requireDelivery(params.id, caller, deps);
  const [event, webhook, attempts, kept] = await Promise.all([
    findEvent(prisma, { id: eventId, tenantId: null }),
    findWebhook(prisma, { id: webhookId, tenantId: null }),
    listAttempts(history, id, { limit: 1, number: query.attempt }),
    findKeptFormat(prisma, id),
  ]);
  if (!event) throw unknownRequest('request_expired');
  if (!webhook) throw unknownRequest('request_of_deleted_webhook');
  const { url } = webhook;
  if (url === null) throw getsNoRequests();
  const [attempt] = attempts.items;
  if (query.attempt !== undefined && !attempt)
    throw new PosthornError('not_found', { detail: 'Attempt not found' });
  const format = kept ?? (await effectiveFormat(webhook, prisma)) ?? {};
  const timestamp = attempt?.startedAt ?? new Date();
  const attributes = eventAttributesOf(event);
  const composed = composedRequest(
    { webhook, eventId, envelope: event.body, attributes, sequence, format, timestamp },
    sealer,
  );
  const request = {
    url,
    headers: composed.headers,
    body: hasScope(caller, 'events:read') ? composed.body : null,
  };
  const shown = shownRequest(request, secretHeaderNames(webhook, format, sealer), caller);
  return { status: 200, body: { ...shown, attempt: attempt?.number ?? null } };
};

const unknownRequest = (code: 'request_expired' | 'request_of_deleted_webhook') =>
  new PosthornError('invalid_state', { reason: reason(code) });
