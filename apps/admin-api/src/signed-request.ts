import { encodeId, parseUrl, type Sealer, type SentOutcome, signedHeaders } from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import type { OutboundRequest } from '@posthorn/outbound';

/** An event that the API itself sends to a webhook: a test or a validation code. */
export interface ApiEvent {
  /** A UUID. */
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** A request to a webhook, to its URL or to its pending URL. */
export interface WebhookRequest {
  webhook: WebhookRecord;
  url: string;
  event: ApiEvent;
}

/** Returns the request that sends an event to a webhook, signed in the same way as a delivery. */
export function signedRequest(
  { webhook, url, event }: WebhookRequest,
  timestamp: Date,
  sealer: Sealer,
): OutboundRequest {
  const id = encodeId('event', event.id);
  const body = JSON.stringify({ id, type: event.type, timestamp: timestamp.toISOString(), data: event.data });
  const withCustomHeaders = hasCustomHeaders({ webhook, url });
  const headers = signedHeaders({ webhook, eventId: event.id, body, timestamp, withCustomHeaders }, sealer);
  return { url, headers, body, timeoutMs: webhook.timeoutMs };
}

/**
 * Returns whether a request to this URL has the custom headers, which may contain credentials. A pending URL of another
 * origin gets none before it is validated (decision 13).
 */
export function hasCustomHeaders({ webhook, url }: Pick<WebhookRequest, 'webhook' | 'url'>): boolean {
  return originOf(url) === originOf(webhook.url);
}

/** Returns null for an invalid URL, to which nothing is sent. */
function originOf(url: string): string | null {
  return parseUrl(url)?.origin ?? null;
}

/** Returns an outcome as the properties that attempts have in the API. */
export function serializeOutcome(outcome: SentOutcome) {
  return outcome.kind === 'response'
    ? { responseStatus: outcome.status, responseBody: outcome.body, error: null }
    : { responseStatus: null, responseBody: null, error: { code: outcome.code, message: outcome.message } };
}
