import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { PUBLIC_KEY_PREFIX, verifyEd25519 } from './verify-ed25519.js';

export { WebhookVerificationError };

/** An event as Posthorn delivers it. */
export interface WebhookEvent<Type extends string = string, Data = Record<string, unknown>> {
  /** The event's id, `evt_…`. The same at every attempt: use it to process an event only once. */
  id: string;
  type: Type;
  /** When the event occurred, in RFC 3339. */
  timestamp: string;
  data: Data;
}

/** Request headers, in the format of `fetch` or of Node. */
export type RequestHeaders = Headers | Record<string, string | readonly string[] | undefined>;

const SIGNATURE_HEADERS = new Set(['webhook-id', 'webhook-timestamp', 'webhook-signature']);

/**
 * Verifies the signature of a webhook request and returns its event. Rejects timestamps more than 5 minutes off. Type your
 * events with a union: `verify<WebhookEvent<'invoice.paid', Invoice> | …>(…)`.
 *
 * @param body the raw body. A body that was parsed and serialized again does not match the signature
 * @param secret the webhook's signing secret, `whsec_…`, or its public Ed25519 key, `whpk_…`. With several, one match is enough
 * @throws WebhookVerificationError if the signature is missing, invalid or too old, or the body is not JSON
 * @throws TypeError if the secret is missing or invalid, or the body or the headers are not from a request
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows its events
export function verify<Event extends WebhookEvent<string, unknown> = WebhookEvent>(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
): Event {
  const text = toText(body);
  const signature = signatureHeaders(headers);
  verifyWithAny(keysOf(secret), text, signature);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- signed by Posthorn, which sends only events
  return parseSigned(text) as Event;
}

/** @throws TypeError if there is no secret, or an empty one, such as an environment variable that is not set */
function keysOf(secret: string | readonly string[]): readonly string[] {
  const keys = [secret].flat();
  if (keys.length === 0 || !keys.every(Boolean)) throw new TypeError('A signing secret is required');
  return keys;
}

/** @throws the error of the last key if none matches */
function verifyWithAny(keys: readonly string[], body: string, headers: Record<string, string>): void {
  let failure: unknown;
  for (const key of keys) {
    try {
      verifyWith(key, body, headers);
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function verifyWith(key: string, body: string, headers: Record<string, string>): void {
  if (key.startsWith(PUBLIC_KEY_PREFIX)) verifyEd25519(body, headers, key);
  else webhookWith(key).verify(body, headers, { jsonParse: false });
}

function webhookWith(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch (cause) {
    throw new TypeError('A signing secret is whsec_ and its bytes in base64', { cause });
  }
}

function parseSigned(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new WebhookVerificationError('The signature is valid, but the body is not JSON');
  }
}

function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  throw new TypeError('verify needs the raw request body, as a string or bytes, not parsed JSON');
}

function signatureHeaders(headers: RequestHeaders | undefined): Record<string, string> {
  if (!headers) throw new TypeError('The headers of the request are required');
  const all = Object.entries(headers instanceof Headers ? Object.fromEntries(headers) : headers);
  const signed = all
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => SIGNATURE_HEADERS.has(name));
  return Object.fromEntries(signed);
}
