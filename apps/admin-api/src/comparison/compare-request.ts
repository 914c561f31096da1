import type { ComparisonResponse } from '@posthorn/contract';
import {
  type ComposedRequest,
  dataTextOf,
  decodeId,
  type DeliveryFormat,
  encodeId,
  hiddenAuthHeaders,
  lowerCaseNames,
  memberText,
  PosthornError,
  reason,
  type ReadAttempt,
  readAttempt,
  signatureHeaderNames,
  withDataText,
  fieldError,
} from '@posthorn/core';
import { listMatchFacts } from '@posthorn/database/deliveries/prisma';
import { type Event, eventAttributesOf, findEvent } from '@posthorn/database/events/prisma';
import { searchEventsByIdempotencyKey } from '@posthorn/database/search';
import { findWebhook, type WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { requestHeaders } from '@posthorn/outbound';
import type { ComparisonDeps } from './deps.js';
import { requestDifferences } from './request-differences.js';
import { composedRequest } from '../requests/composed-request.js';
import { publishedEvent } from '../events/events.js';
import { explain } from '../events/explain.js';
import type { Handler } from '../calls/handler.js';
import { secretHeaderNames } from '../requests/shown-request.js';
import { effectiveFormat } from '../requests/signed-request.js';
import { getsNoRequests, webhookNotFound } from '../webhooks/webhook-errors.js';

export const compareRequest: Handler<'compareRequest', ComparisonDeps> = async (
  { params, body: recorded },
  deps,
) => {
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: null });
  if (!webhook) throw webhookNotFound();
  if (webhook.url === null) throw getsNoRequests();
  const event = await requireEvent(recorded.event, webhook, deps);
  const match = await findMatch(event, webhook, deps);

  const format = (await effectiveFormat(webhook, deps.prisma)) ?? {};
  const attempt = readAttempt(format, lowerCaseNames(recorded.headers));
  const { headers, body } = requestLike({ webhook, event, format, attempt, signedBody: recorded.body }, deps);
  const differences = requestDifferences({
    recorded,
    composed: { headers: requestHeaders(headers, Buffer.byteLength(body)), body },
    hidden: secretHeaderNames(webhook, format, deps.sealer),
    signatures: new Set(signatureHeaderNames(format)),
    credentials: new Set(Object.keys(hiddenAuthHeaders(webhook, deps.sealer))),
  });
  return {
    status: 200,
    body: {
      eventId: encodeId('event', event.id),
      ...match,
      ...differences,
      equal: differences.equal && match.notMatched === null,
      equalAsJson: differences.equalAsJson && match.notMatched === null,
    },
  };
};

/** An event whose payload exists. */
type ComparedEvent = Event & { body: string };

interface ComparedRequest {
  webhook: WebhookRecord;
  event: ComparedEvent;
  format: DeliveryFormat;
  /** The id and the time of the recorded request. */
  attempt: ReadAttempt;
  /** The body of the recorded request. */
  signedBody: string;
}

/**
 * Returns the request that Posthorn sends, at the time of the recorded one. The other system may have its own id, and may write the same
 * JSON in another way: the signatures are those for that id and body, so that they differ only if the format or the secret does.
 */
function requestLike(
  { webhook, event, format, attempt, signedBody }: ComparedRequest,
  { composer }: Pick<ComparisonDeps, 'composer'>,
): ComposedRequest {
  const { id, timestamp = new Date() } = attempt;
  const compose = (envelope: string) =>
    composedRequest(
      {
        webhook,
        eventId: event.id,
        envelope,
        attributes: eventAttributesOf(event),
        sequence: null,
        format,
        timestamp,
        signedBody,
      },
      composer,
    );
  const request = compose(event.body);
  if (id === undefined) return request;
  const { headers: ofId } = compose(withId(event.body, id));
  const signatures = signatureHeaderNames(format).filter((name) => name in ofId);
  const signed = Object.fromEntries(signatures.map((name) => [name, ofId[name] ?? '']));
  return { ...request, headers: { ...request.headers, ...signed } };
}

/** Finds an event of the tenant of a webhook, by its id or its idempotency key. */
async function requireEvent(
  reference: string,
  { tenantId }: WebhookRecord,
  { prisma, historyPool, payloadKeys }: Pick<ComparisonDeps, 'prisma' | 'historyPool' | 'payloadKeys'>,
): Promise<ComparedEvent> {
  const [keyed] = await searchEventsByIdempotencyKey(historyPool, reference, { tenantId, limit: 1 });
  const id = keyed?.id ?? decodeId('event', reference);
  const event = id === null ? null : await findEvent(prisma, { id, tenantId }, payloadKeys);
  if (!event) throw new PosthornError('invalid_input', { errors: [fieldError('event', 'unknown_event')] });
  const { body } = event;
  if (body === null)
    throw event.isErased
      ? new PosthornError('invalid_state', { reason: reason('event_erased') })
      : new PosthornError('payload_expired');
  return { ...event, body };
}

/** Returns the delivery of an event to a webhook, or why there is none. */
async function findMatch(
  event: ComparedEvent,
  webhook: WebhookRecord,
  { history }: ComparisonDeps,
): Promise<Pick<ComparisonResponse, 'deliveryId' | 'notMatched'>> {
  const { items } = await listMatchFacts(history, event, { limit: 1, webhookId: webhook.id });
  const [facts] = items;
  if (!facts) throw webhookNotFound();
  if (facts.delivery) return { deliveryId: encodeId('delivery', facts.delivery.id), notMatched: null };
  const { violation = null, ...explained } = explain(facts, publishedEvent(event));
  return { deliveryId: null, notMatched: { ...explained, violation } };
}

/** Returns the body of an event in the standard format with another id. */
function withId(envelope: string, id: string): string {
  const [type, timestamp] = ['type', 'timestamp'].map((name) =>
    JSON.parse(memberText(envelope, name) ?? '""'),
  );
  return withDataText(JSON.stringify({ id, type, timestamp }), dataTextOf(envelope));
}
