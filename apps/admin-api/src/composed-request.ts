import {
  compileFormat,
  composeRequest,
  type DeliveryFormat,
  type EventAttributes,
  lowerCaseNames,
  openCustomHeaders,
  type Sealer,
  signatureHeaderNames,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import { bodyTooLong } from './signed-request.js';

interface RequestToShow {
  webhook: WebhookRecord;
  eventId: string;
  /** The event in the standard format. */
  envelope: string;
  attributes: EventAttributes | null;
  format: DeliveryFormat;
  timestamp: Date;
}

export interface RequestOfEvent {
  headers: Record<string, string>;
  body: string;
  /** The names of the headers whose values are not shown: signatures, and custom headers, which often contain credentials. */
  hidden: ReadonlySet<string>;
}

/** The value of a header that is not shown. */
export const REDACTED = '[redacted]';

/** Returns the request that a worker sends for an event, without the headers of the HTTP client. @throws PosthornError if the format makes the body too long */
export function composedRequest(
  { webhook, format, ...event }: RequestToShow,
  sealer: Sealer,
): RequestOfEvent {
  const compiled = compileFormat(format);
  const composed = composeRequest(
    { ...event, webhook, url: webhook.url, format: compiled, withCustomHeaders: true },
    sealer,
  );
  if (!composed) throw bodyTooLong();
  const custom = lowerCaseNames(openCustomHeaders(webhook, sealer));
  return {
    ...composed,
    hidden: new Set([...Object.keys(custom), ...signatureHeaderNames(format)]),
  };
}

/** Returns headers without the values that are not shown. */
export function redacted({ headers, hidden }: RequestOfEvent): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, hidden.has(name) ? REDACTED : value]),
  );
}
