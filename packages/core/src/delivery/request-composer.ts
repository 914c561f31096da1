import type { EventAttributes } from '../event/event-attributes.js';
import { type CompiledFormat, lowerCaseNames } from '../format/compile-format.js';
import { encodeId } from '../ids/ids.js';
import { openCustomHeaders } from '../security/custom-headers.js';
import type { Sealer } from '../security/sealing.js';
import { signatureHeaders } from '../security/signing.js';
import { openLiveKeys } from '../security/webhook-secrets.js';
import type { WebhookOfRequest } from './request-dependencies.js';

/** What the operator of an installation can switch off in all requests, with the defaults of the variables. */
export const DEFAULT_SWITCHES = {
  /** Whether requests have the `traceparent` header. */
  sendTraceparent: true,
};

export type RequestSwitches = Readonly<typeof DEFAULT_SWITCHES>;

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
  /** The span of the request; null without a trace, and for a request that is only shown. */
  traceparent: string | null;
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

/** Composes the requests of an installation, those that are sent and those that are shown. */
export class RequestComposer {
  /** Opens what the webhooks have sealed. */
  readonly sealer: Sealer;
  readonly #switches: RequestSwitches;

  constructor(sealer: Sealer, switches: RequestSwitches) {
    this.sealer = sealer;
    this.#switches = switches;
  }

  /**
   * Returns the headers and the body of a request to a webhook, signed with each of its live keys. The names of headers are in lower case,
   * and custom headers cannot override the others. Returns null if the format gives a body that is too long.
   */
  compose(request: RequestToCompose): ComposedRequest | null {
    const { webhook, sequence, traceparent, timestamp, format, withCustomHeaders, authHeaders } = request;
    const keys = openLiveKeys(webhook, timestamp, this.sealer);
    const message =
      format === null ? standardMessage(request, keys) : formattedMessage(request, keys, format);
    if (message === null) return null;
    const headers: Record<string, string> = {
      ...message.fixedHeaders,
      ...(withCustomHeaders && lowerCaseNames(openCustomHeaders(webhook, this.sealer))),
      ...authHeaders,
      ...message.headers,
    };
    if (sequence !== null) headers['webhook-sequence'] = String(sequence);
    if (traceparent && this.#switches.sendTraceparent) headers['traceparent'] = traceparent;
    return { headers, body: message.body };
  }
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
