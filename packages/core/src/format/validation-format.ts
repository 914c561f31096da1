import { type ChatProduct, CHAT_PRODUCTS, chatBody } from './chat-message.js';
import { hasOwnHeaderNames } from './custom-headers.js';
import type { DeliveryFormat } from './delivery-format.js';
import { eventFieldsOf } from './event-fields.js';

/**
 * Returns what a format adds to the standard request that validates a URL: its headers and signatures. Without custom headers only the
 * signatures of profiles with their own header names, so that receivers that verify them accept the request.
 */
export function validationFormat(
  { headers, signatures = [] }: DeliveryFormat,
  { withCustomHeaders }: { withCustomHeaders: boolean },
): DeliveryFormat {
  if (withCustomHeaders) return { headers, signatures };
  return { signatures: signatures.filter(hasOwnHeaderNames) };
}

/**
 * Returns the body of a validation request. It is the standard one, whatever the format, because its receiver has not agreed to any
 * other. Chat products accept only messages, so theirs has the members of a message too, whose text has the code.
 */
export function validationBody(envelope: string, { body }: DeliveryFormat): string {
  if (!isChatProduct(body)) return envelope;
  const message: unknown = JSON.parse(chatBody(body, eventFieldsOf(envelope, '')));
  const standard: unknown = JSON.parse(envelope);
  return JSON.stringify(Object.assign({}, message, standard));
}

const isChatProduct = (body: DeliveryFormat['body']): body is ChatProduct =>
  CHAT_PRODUCTS.some((product) => product === body);
