import { encodeId, type Sealer, type SentOutcome, webhookHeaders } from '@posthorn/core';
import { liveSecrets, openHeaders } from '@posthorn/database';
import type { WebhookRecord } from '@posthorn/database/definitions';
import type { OutboundRequest } from '@posthorn/outbound';

/** What the API itself sends to a webhook: an event of its own making. */
export interface OwnEvent {
  /** A UUID. */
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** The request that brings `event` to a webhook, signed as deliveries are. @param at its timestamp */
export function signedRequest(
  { webhook, url, event }: { webhook: WebhookRecord; url: string; event: OwnEvent },
  at: Date,
  sealer: Sealer,
): OutboundRequest {
  const id = encodeId('event', event.id);
  const body = JSON.stringify({ id, type: event.type, timestamp: at.toISOString(), data: event.data });
  const secrets = liveSecrets(webhook, at, sealer);
  const headers = webhookHeaders({ id, timestamp: at, body, secrets, headers: openHeaders(webhook, sealer) });
  return { url, headers, body, timeoutMs: webhook.timeoutMs };
}

/** What came of a request, in the members that attempts have in the API. */
export function outcomeAnswer(outcome: SentOutcome) {
  return outcome.kind === 'response'
    ? { responseStatus: outcome.status, responseBody: outcome.body, error: null }
    : { responseStatus: null, responseBody: null, error: { code: outcome.code, message: outcome.message } };
}
