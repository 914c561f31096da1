import {
  compileFormat,
  type ComposedRequest,
  composeRequest,
  type DeliveryFormat,
  type EventAttributes,
  hiddenAuthHeaders,
  type Sealer,
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
  sealer: Sealer,
): ComposedRequest {
  const compiled = compileFormat(format);
  const composed = composeRequest(
    {
      ...event,
      webhook,
      url: webhook.url ?? '',
      format: compiled,
      withCustomHeaders: true,
      authHeaders: hiddenAuthHeaders(webhook, sealer),
    },
    sealer,
  );
  if (!composed) throw bodyTooLong();
  return composed;
}
