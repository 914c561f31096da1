import {
  authHeaders,
  compileFormat,
  customHeaderNames,
  type DeliveryFormat,
  encodeId,
  openAuth,
  parseUrl,
  PosthornError,
  type RequestComposer,
  validationBody,
  validationFormat,
  reason,
} from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { findDefaultFormats } from '@posthorn/database/webhooks';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import type { ConnectionProfile, OutboundMessage } from '@posthorn/outbound';

/** An event that the API itself sends to a webhook: a test or a validation code. */
interface ApiEvent {
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
  /** The access token of a webhook with OAuth 2.0; null without. */
  token: string | null;
  /** Undefined for the default connections. */
  profile: ConnectionProfile | undefined;
}

/** Returns the format of a webhook or of its tenant, null for the standard format. */
export async function effectiveFormat(
  { tenantId, deliveryFormat }: Pick<WebhookRecord, 'tenantId' | 'deliveryFormat'>,
  prisma: PrismaDb,
): Promise<DeliveryFormat | null> {
  return deliveryFormat ?? (await findDefaultFormats(prisma, [tenantId])).get(tenantId) ?? null;
}

/**
 * Returns the request that sends an event to a webhook, in the same format as a delivery.
 * @throws PosthornError if the format gives a body that is too long
 */
export function signedRequest(
  request: WebhookRequest,
  timestamp: Date,
  composer: RequestComposer,
): OutboundMessage {
  const envelope = envelopeOf(request.event, timestamp);
  return compose({ ...request, envelope, timestamp, withCustomHeaders: true }, composer);
}

/**
 * Returns the request that validates a URL: the standard one, with the headers and signatures that the format may add to it. The format
 * of a tenant is set by operators, who thereby vouch for its headers.
 */
export function validationRequest(
  request: WebhookRequest,
  timestamp: Date,
  composer: RequestComposer,
): OutboundMessage {
  const format = request.format ?? {};
  const envelope = validationBody(envelopeOf(request.event, timestamp), format);
  const withCustomHeaders = hasCustomHeaders(request);
  const isOfOperator = request.webhook.deliveryFormat === null;
  const added = validationFormat(format, { withCustomHeaders: withCustomHeaders || isOfOperator });
  const message = { ...request, envelope, timestamp, withCustomHeaders };
  const standard = compose({ ...message, format: null }, composer);
  const { headers } = compose({ ...message, format: added }, composer);
  return { ...standard, headers: { ...standard.headers, ...headers } };
}

interface Message extends WebhookRequest {
  envelope: string;
  timestamp: Date;
  withCustomHeaders: boolean;
}

function compose(
  { url, event, format, token, profile, ...message }: Message,
  composer: RequestComposer,
): OutboundMessage {
  const auth = message.withCustomHeaders ? openAuth(message.webhook, composer.sealer) : null;
  const composed = composer.compose({
    ...message,
    eventId: event.id,
    url,
    attributes: null,
    sequence: null,
    traceparent: null,
    authHeaders: authHeaders(auth, token),
    format: format && compileFormat(format),
  });
  if (!composed) throw bodyTooLong();
  const { webhook } = message;
  return { webhook, url, ...composed, timeoutMs: webhook.timeoutMs, profile };
}

/** Returns an event in the standard format. */
export function envelopeOf({ id, type, data }: ApiEvent, timestamp: Date): string {
  return JSON.stringify({ id: encodeId('event', id), type, timestamp: timestamp.toISOString(), data });
}

export const bodyTooLong = () =>
  new PosthornError('invalid_input', { reason: reason('formatted_body_too_long') });

/**
 * Returns whether a request to this URL has the custom headers, which may contain credentials of another host or imitate those
 * of another client: only to a validated origin, or with the approval of an `admin` key for the origin.
 */
export function hasCustomHeaders({ webhook, url }: Pick<WebhookRequest, 'webhook' | 'url'>): boolean {
  const origin = originOf(url);
  return isValidatedOrigin({ webhook, url }) || (origin !== null && origin === webhook.headersApprovedOrigin);
}

/** What follows this rule. */
export type ToApprove = Pick<
  WebhookRecord,
  'headersSealed' | 'authSealed' | 'deliveryFormat' | 'clientCertificate'
>;

/** Returns whether a webhook has something that follows this rule: custom headers, its authentication, headers of its delivery format, or a client certificate. */
export function hasHeadersToApprove({
  headersSealed,
  authSealed,
  deliveryFormat,
  clientCertificate,
}: ToApprove): boolean {
  return (
    headersSealed !== null ||
    authSealed !== null ||
    customHeaderNames(deliveryFormat ?? {}).length > 0 ||
    clientCertificate !== null
  );
}

/** Returns whether the owner of the URL's origin has agreed to requests of the webhook. */
export function isValidatedOrigin({ webhook, url }: Pick<WebhookRequest, 'webhook' | 'url'>): boolean {
  return webhook.status !== 'pending_validation' && originOf(url) === originOf(webhook.url);
}

/** Returns scheme, host and port. An invalid URL has none, and nothing is sent to it. */
export function originOf(url: string | null): string | null {
  return url === null ? null : (parseUrl(url)?.origin ?? null);
}
