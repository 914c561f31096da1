import type { EventAttributes } from '../event/event-attributes.js';
import { type CompiledFormat, lowerCaseNames } from '../format/compile-format.js';
import { encodeId } from '../ids/ids.js';
import { openCustomHeaders } from '../security/custom-headers.js';
import type { Sealer } from '../security/sealing.js';
import { signatureHeaders } from '../security/signing.js';
import { openLiveKeys, type SealedSecret } from '../security/webhook-secrets.js';

export interface RequestToCompose {
  webhook: { id: string; tenantId: string; secrets: readonly SealedSecret[]; headersSealed: string | null };
  /** A UUID. */
  eventId: string;
  /** The event in the standard format. */
  envelope: string;
  /** Null if the event was published without. */
  attributes: EventAttributes | null;
  /** The number of the delivery among those of its webhook; null without. */
  sequence: number | null;
  /** The URL to which the request is sent. */
  url: string;
  timestamp: Date;
  /** Null for the standard format. */
  format: CompiledFormat | null;
  /** Custom headers may contain credentials: not for a URL of another origin that is not validated yet. */
  withCustomHeaders: boolean;
  /** The headers that authenticate the request, in lower case: see `authHeaders`. */
  authHeaders: Record<string, string>;
  /** What signatures are made for, instead of the body. Only with a format. */
  signedBody?: string | undefined;
}

export interface ComposedRequest {
  headers: Record<string, string>;
  body: string;
}

/**
 * Returns the headers and the body of a request to a webhook, signed with each of its live keys. Custom headers cannot override the
 * others. Returns null if the format gives a body that is too long.
 */
export function composeRequest(request: RequestToCompose, sealer: Sealer): ComposedRequest | null {
  const { webhook, envelope, attributes, sequence, url, timestamp, format, withCustomHeaders, authHeaders } =
    request;
  const keys = openLiveKeys(webhook, timestamp, sealer);
  const custom = withCustomHeaders ? openCustomHeaders(webhook, sealer) : {};
  const numbered: Record<string, string> = sequence === null ? {} : { 'webhook-sequence': String(sequence) };
  if (format === null) {
    const id = encodeId('event', request.eventId);
    const signature = signatureHeaders({ id, timestamp, body: envelope, keys });
    return {
      headers: { ...custom, ...authHeaders, 'content-type': 'application/json', ...signature, ...numbered },
      body: envelope,
    };
  }
  const tenantId = encodeId('tenant', webhook.tenantId);
  const { signedBody } = request;
  const message = format.format({ envelope, attributes, tenantId, url, timestamp, keys, signedBody });
  if (message === null) return null;
  const headers = {
    ...message.fixedHeaders,
    ...lowerCaseNames(custom),
    ...authHeaders,
    ...message.headers,
    ...numbered,
  };
  return { headers, body: message.body };
}
