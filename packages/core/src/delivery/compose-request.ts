import type { EventAttributes } from '../event/event-attributes.js';
import { type CompiledFormat, lowerCaseNames } from '../format/compile-format.js';
import { encodeId } from '../ids/ids.js';
import { openCustomHeaders } from '../security/custom-headers.js';
import type { Sealer } from '../security/sealing.js';
import { signatureHeaders } from '../security/signing.js';
import { openLiveKeys } from '../security/webhook-secrets.js';
import type { WebhookOfRequest } from './request-dependencies.js';

export interface RequestToCompose {
  /** Only what `isSameRequest` compares: see `RequestSetting`. */
  webhook: WebhookOfRequest<'secrets' | 'headersSealed'>;
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
 * Returns the headers and the body of a request to a webhook, signed with each of its live keys. The names of headers are in lower case,
 * and custom headers cannot override the others. Returns null if the format gives a body that is too long.
 */
export function composeRequest(request: RequestToCompose, sealer: Sealer): ComposedRequest | null {
  const { webhook, sequence, timestamp, format, withCustomHeaders, authHeaders } = request;
  const keys = openLiveKeys(webhook, timestamp, sealer);
  const message = format === null ? standardMessage(request, keys) : formattedMessage(request, keys, format);
  if (message === null) return null;
  const headers: Record<string, string> = {
    ...message.fixedHeaders,
    ...(withCustomHeaders && lowerCaseNames(openCustomHeaders(webhook, sealer))),
    ...authHeaders,
    ...message.headers,
  };
  if (sequence !== null) headers['webhook-sequence'] = String(sequence);
  return { headers, body: message.body };
}

type LiveKeys = ReturnType<typeof openLiveKeys>;

function standardMessage({ eventId, envelope, timestamp }: RequestToCompose, keys: LiveKeys) {
  const id = encodeId('event', eventId);
  const headers = signatureHeaders({ id, timestamp, body: envelope, keys });
  headers['content-type'] = 'application/json';
  return { fixedHeaders: null, headers, body: envelope };
}

function formattedMessage(request: RequestToCompose, keys: LiveKeys, format: CompiledFormat) {
  const { webhook, envelope, attributes, url, timestamp, signedBody } = request;
  const tenantId = encodeId('tenant', webhook.tenantId);
  return format.format({ envelope, attributes, tenantId, url, timestamp, keys, signedBody });
}
