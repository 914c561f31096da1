import {
  dataTextOf,
  decodeId,
  encodeId,
  lowerCaseNames,
  memberText,
  PosthornError,
  readAttempt,
  withDataText,
} from '@posthorn/core';
import { searchEventsByIdempotencyKey } from '@posthorn/database';
import {
  type Event,
  findEvent,
  findWebhook,
  listDeliveries,
  type WebhookRecord,
} from '@posthorn/database/prisma';
import { requestHeaders } from '@posthorn/outbound';
import { compareRequests } from '../compare-requests.js';
import { composedRequest } from '../composed-request.js';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/handler.js';
import { secretHeaderNames } from '../shown-request.js';
import { effectiveFormat } from '../signed-request.js';
import { webhookNotFound } from '../webhook-errors.js';

export const compareRequest: Handler<'compareRequest'> = async ({ params, body: recorded }, deps) => {
  const { prisma, sealer } = deps;
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: null });
  if (!webhook) throw webhookNotFound();
  const event = await requireEvent(recorded.event, webhook, deps);
  const deliveryId = await requireDeliveryId(event, webhook, deps);

  const format = (await effectiveFormat(webhook, prisma)) ?? {};
  // The other system has its own ids and times: signatures can only be compared for these.
  const { id = encodeId('event', event.id), timestamp = new Date() } = readAttempt(
    format,
    lowerCaseNames(recorded.headers),
  );
  const { headers, body } = composedRequest(
    { webhook, eventId: event.id, envelope: withId(event.body, id), format, timestamp },
    sealer,
  );
  return {
    status: 200,
    body: {
      eventId: encodeId('event', event.id),
      deliveryId: encodeId('delivery', deliveryId),
      ...compareRequests({
        recorded,
        composed: { headers: requestHeaders(headers, Buffer.byteLength(body)), body },
        hidden: secretHeaderNames(webhook, format, sealer),
      }),
    },
  };
};

const wrongEvent = (message: string) =>
  new PosthornError('invalid_input', { errors: [{ path: 'event', message }] });

/** Finds an event of the tenant of a webhook, by its id or its idempotency key. */
async function requireEvent(
  reference: string,
  { tenantId }: WebhookRecord,
  { prisma, historyPool }: ApiDeps,
): Promise<Event> {
  const [keyed] = await searchEventsByIdempotencyKey(historyPool, reference, { tenantId, limit: 1 });
  const id = keyed?.id ?? decodeId('event', reference);
  const event = id === null ? null : await findEvent(prisma, { id, tenantId });
  if (!event) throw wrongEvent('must be an event of the tenant');
  return event;
}

async function requireDeliveryId(
  { id: eventId }: Event,
  { id: webhookId }: WebhookRecord,
  { history }: ApiDeps,
): Promise<string> {
  const { items } = await listDeliveries(history, { tenantId: null, eventId, webhookId }, { limit: 1 });
  const [delivery] = items;
  if (!delivery) throw wrongEvent('must have a delivery to the webhook');
  return delivery.id;
}

/** Returns the body of an event in the standard format with another id. */
function withId(envelope: string, id: string): string {
  const [type, timestamp] = ['type', 'timestamp'].map((name) =>
    JSON.parse(memberText(envelope, name) ?? '""'),
  );
  return withDataText(JSON.stringify({ id, type, timestamp }), dataTextOf(envelope));
}
