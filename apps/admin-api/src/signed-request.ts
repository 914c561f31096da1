import { encodeId, parseUrl, type Sealer, signedHeaders } from '@posthorn/core';
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
 * Returns whether a request to this URL has the custom headers, which may contain credentials of another host or imitate those
 * of another client: only to a validated origin, or with the approval of an `admin` key for the origin (decision 13).
 */
export function hasCustomHeaders({ webhook, url }: Pick<WebhookRequest, 'webhook' | 'url'>): boolean {
  const origin = originOf(url);
  return isValidatedOrigin({ webhook, url }) || (origin !== null && origin === webhook.headersApprovedOrigin);
}

/** Returns whether the owner of the URL's origin has agreed to requests of the webhook. */
export function isValidatedOrigin({ webhook, url }: Pick<WebhookRequest, 'webhook' | 'url'>): boolean {
  return webhook.status !== 'pending_validation' && originOf(url) === originOf(webhook.url);
}

/** Returns scheme, host and port. An invalid URL has none, and nothing is sent to it. */
export function originOf(url: string): string | null {
  return parseUrl(url)?.origin ?? null;
}
