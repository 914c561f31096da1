import {
  compileFormat,
  type ComposedRequest,
  composeRequest,
  type DeliveryFormat,
  type Sealer,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import { bodyTooLong } from './signed-request.js';

interface RequestOfEvent {
  webhook: WebhookRecord;
  eventId: string;
  /** The event in the standard format. */
  envelope: string;
  format: DeliveryFormat;
  timestamp: Date;
}

/** Returns the request that a worker sends for an event, without the headers of the HTTP client. @throws PosthornError if the format makes the body too long */
export function composedRequest({ format, ...event }: RequestOfEvent, sealer: Sealer): ComposedRequest {
  const request = { ...event, format: compileFormat(format), withCustomHeaders: true };
  const composed = composeRequest(request, sealer);
  if (!composed) throw bodyTooLong();
  return composed;
}
