import { Webhook, WebhookVerificationError } from 'standardwebhooks';

export { WebhookVerificationError };

/** What a receiver gets. */
export interface WebhookEvent<Type extends string = string, Data = Record<string, unknown>> {
  /** `evt_…`, the same at every attempt: what has been taken once need not be taken again. */
  id: string;
  type: Type;
  /** When it happened, RFC 3339. */
  timestamp: string;
  data: Data;
}

/** The headers of a request, as `fetch` or as Node has them. */
export type RequestHeaders = Headers | Record<string, string | readonly string[] | undefined>;

const SIGNATURE_HEADERS = new Set(['webhook-id', 'webhook-timestamp', 'webhook-signature']);

/**
 * The event of a request that Posthorn signed within the last 5 minutes. Say what events there are by a union:
 * `verify<WebhookEvent<'invoice.paid', Invoice> | …>(…)`.
 *
 * @param body the body as it came: what was parsed and written anew has another signature
 * @param secret of the webhook, `whsec_…`; any one of several will do
 * @throws WebhookVerificationError for any other request
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what is published
export function verify<Event extends WebhookEvent<string, unknown> = WebhookEvent>(
  body: string | Uint8Array,
  headers: RequestHeaders,
  secret: string | readonly string[],
): Event {
  const text = toText(body);
  const signature = signatureHeaders(headers);
  let failure: unknown = new TypeError('verify needs a secret');
  for (const each of [secret].flat()) {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- signed by Posthorn, which sends nothing else
      return new Webhook(each).verify(text, signature) as Event;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  throw new TypeError('verify needs the body as it came, a string or bytes, before any parser has had it');
}

function signatureHeaders(headers: RequestHeaders): Record<string, string> {
  const all = Object.entries(headers instanceof Headers ? Object.fromEntries(headers) : headers);
  const wanted = all
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => SIGNATURE_HEADERS.has(name));
  return Object.fromEntries(wanted);
}
