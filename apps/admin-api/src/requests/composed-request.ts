import {
  compileFormat,
  type ComposedRequest,
  type DeliveryFormat,
  type EventAttributes,
  hiddenAuthHeaders,
  type RequestComposer,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { bodyTooLong } from './signed-request.js';

interface RequestOfEvent {
  webhook: WebhookRecord;
  eventId: string;
  /** The event in the standard format. */
  envelope: string;
  attributes: EventAttributes | null;
  /** The number of the delivery; null without. */
  sequence: number | null;
  format: DeliveryFormat;
  timestamp: Date;
  /** What signatures are made for, instead of the body. */
  signedBody?: string;
}

/** Returns the request that a worker sends for an event, with hidden credentials and without the headers of the HTTP client. @throws PosthornError if the format makes the body too long */
export function composedRequest(
  { webhook, format, ...event }: RequestOfEvent,
  composer: RequestComposer,
): ComposedRequest {
  const compiled = compileFormat(format);
  const composed = composer.compose({
    ...event,
    webhook,
    // The span of an attempt is not stored.
    traceparent: null,
    url: webhook.url ?? '',
    format: compiled,
    withCustomHeaders: true,
    authHeaders: hiddenAuthHeaders(webhook, composer.sealer),
  });
  if (!composed) throw bodyTooLong();
  return composed;
}
