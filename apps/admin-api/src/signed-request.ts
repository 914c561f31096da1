import {
  encodeId,
  openLiveSecrets,
  openCustomHeaders,
  parseUrl,
  type Sealer,
  type SentOutcome,
  webhookHeaders,
} from '@posthorn/core';
import type { WebhookRecord } from '@posthorn/database/prisma';
import type { OutboundRequest } from '@posthorn/outbound';

/** What the API itself sends to a webhook: an event of its own making. */
export interface OwnEvent {
  /** A UUID. */
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** A request to be made for a webhook, to its URL or to the one that waits for validation. */
export interface OwnRequest {
  webhook: WebhookRecord;
  url: string;
  event: OwnEvent;
}

/** The request that brings `event` to a webhook, signed as deliveries are. @param at its timestamp */
export function signedRequest(
  { webhook, url, event }: OwnRequest,
  at: Date,
  sealer: Sealer,
): OutboundRequest {
  const id = encodeId('event', event.id);
  const body = JSON.stringify({ id, type: event.type, timestamp: at.toISOString(), data: event.data });
  const secrets = openLiveSecrets(webhook, at, sealer);
  const own = takesCustomHeaders({ webhook, url }) ? openCustomHeaders(webhook, sealer) : {};
  const headers = webhookHeaders({ id, timestamp: at, body, secrets, headers: own });
  return { url, headers, body, timeoutMs: webhook.timeoutMs };
}

/**
 * Whether a request to this URL carries the custom headers, which may hold credentials. A staged URL of another origin
 * gets none before it is validated (decision 13).
 */
export function takesCustomHeaders({ webhook, url }: Pick<OwnRequest, 'webhook' | 'url'>): boolean {
  return originOf(url) === originOf(webhook.url);
}

/** Null for what is no URL, which is never sent to. */
function originOf(url: string): string | null {
  return parseUrl(url)?.origin ?? null;
}

/** What came of a request, in the members that attempts have in the API. */
export function outcomeAnswer(outcome: SentOutcome) {
  return outcome.kind === 'response'
    ? { responseStatus: outcome.status, responseBody: outcome.body, error: null }
    : { responseStatus: null, responseBody: null, error: { code: outcome.code, message: outcome.message } };
}
