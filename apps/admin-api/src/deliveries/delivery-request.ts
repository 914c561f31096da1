import { encodeId, PosthornError, reason, redactEnvelope, signatureHeaderNames } from '@posthorn/core';
import { listAttempts } from '@posthorn/database/deliveries/prisma';
import { eventAttributesOf, findEvent } from '@posthorn/database/events/prisma';
import { findKeptFormat } from '@posthorn/database/webhooks';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { recordView } from '../access/record-view.js';
import { composedRequest } from '../requests/composed-request.js';
import { hiddenFrom } from '../access/redactions.js';
import { hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import type { DeliveryDeps } from './deps.js';
import { requireDelivery } from './require-delivery.js';
import { secretHeaderNames, shownRequest, withoutValues } from '../requests/shown-request.js';
import { effectiveFormat } from '../requests/signed-request.js';
import { getsNoRequests } from '../webhooks/webhook-errors.js';

export const getDeliveryRequest: Handler<'getDeliveryRequest', DeliveryDeps> = async (
  { caller, actor, params, query },
  deps,
) => {
  const { prisma, history, composer, payloadKeys } = deps;
  const { id, eventId, webhookId, sequence } = await requireDelivery(params.id, caller, deps);
  const [event, webhook, attempts, kept] = await Promise.all([
    findEvent(prisma, { id: eventId, tenantId: null }, payloadKeys),
    findWebhook(prisma, { id: webhookId, tenantId: null }),
    listAttempts(history, id, { limit: 1, number: query.attempt, payloadKeys }),
    findKeptFormat(prisma, id),
  ]);
  if (!event) throw unknownRequest('request_expired');
  if (event.body === null) throw unknownRequest(event.isErased ? 'event_erased' : 'request_expired');
  if (!webhook) throw unknownRequest('request_of_deleted_webhook');
  const { url } = webhook;
  if (url === null) throw getsNoRequests();
  const [attempt] = attempts.items;
  if (query.attempt !== undefined && !attempt)
    throw new PosthornError('not_found', { detail: 'Attempt not found' });
  const format = kept ?? (await effectiveFormat(webhook, prisma)) ?? {};
  const timestamp = attempt?.startedAt ?? new Date();
  const attributes = eventAttributesOf(event);
  const redacted = (await hiddenFrom(caller, prisma, [event.type])).get(event.type) ?? [];
  const envelope = redactEnvelope(event.body, redacted);
  const composed = composedRequest(
    { webhook, eventId, envelope, attributes, sequence, format, timestamp },
    composer,
  );
  // Those of another body than the sent one would sign what was never sent.
  const unsigned = envelope === event.body ? [] : signatureHeaderNames(format);
  const request = {
    url,
    headers: withoutValues(composed.headers, unsigned),
    body: hasScope(caller, 'events:read') ? composed.body : null,
  };
  const shown = shownRequest(request, secretHeaderNames(webhook, format, composer.sealer), caller);
  if (request.body !== null) {
    const details = { deliveryId: encodeId('delivery', id) };
    const view = { action: 'payload.viewed', tenantId: event.tenantId, target: eventId, details } as const;
    await recordView({ caller, actor }, view, deps.pool);
  }
  return { status: 200, body: { ...shown, attempt: attempt?.number ?? null } };
};

const unknownRequest = (code: 'request_expired' | 'request_of_deleted_webhook' | 'event_erased') =>
  new PosthornError('invalid_state', { reason: reason(code) });
