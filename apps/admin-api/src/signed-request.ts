import {
  compileFormat,
  composeRequest,
  type DeliveryFormat,
  encodeId,
  parseUrl,
  PosthornError,
  type Sealer,
} from '@posthorn/core';
import { findDefaultFormats, type PrismaDb, type WebhookRecord } from '@posthorn/database/prisma';
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
  /** Null for the standard format. */
  format: DeliveryFormat | null;
}

/** Returns the format of a webhook or of its tenant, null for the standard format. */
export async function effectiveFormat(
  { tenantId, deliveryFormat }: Pick<WebhookRecord, 'tenantId' | 'deliveryFormat'>,
  prisma: Pick<PrismaDb, 'tenant'>,
): Promise<DeliveryFormat | null> {
  return deliveryFormat ?? (await findDefaultFormats(prisma, [tenantId])).get(tenantId) ?? null;
}

/**
 * Returns the request that sends an event to a webhook, in the same format as a delivery.
 * @throws PosthornError if the format gives a body that is too long
 */
export function signedRequest(
  { webhook, url, event, format }: WebhookRequest,
  timestamp: Date,
  sealer: Sealer,
): OutboundRequest {
  const request = composeRequest(
    {
      webhook,
      eventId: event.id,
      envelope: envelopeOf(event, timestamp),
      timestamp,
      format: format && compileFormat(format),
      withCustomHeaders: hasCustomHeaders({ webhook, url }),
    },
    sealer,
  );
  if (!request) throw bodyTooLong();
  return { url, ...request, timeoutMs: webhook.timeoutMs };
}

/** Returns an event in the standard format. */
export function envelopeOf({ id, type, data }: ApiEvent, timestamp: Date): string {
  return JSON.stringify({ id: encodeId('event', id), type, timestamp: timestamp.toISOString(), data });
}

export const bodyTooLong = () =>
  new PosthornError('invalid_input', { detail: 'The delivery format makes the body too long' });

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
