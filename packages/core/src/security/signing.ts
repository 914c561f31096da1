import { createHmac, randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** Returns a new signing secret in the format of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * Returns all headers of a request to a webhook. Custom headers cannot override the others.
 *
 * @param message.headers the webhook's custom headers
 */
export function webhookHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
  headers: Record<string, string>;
}): Record<string, string> {
  return { ...message.headers, 'content-type': 'application/json', ...signatureHeaders(message) };
}

/**
 * Returns the Standard Webhooks 1.0 headers for one attempt, with one `v1` signature per live secret. `body` must be
 * sent byte for byte as passed here.
 */
export function signatureHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
}): Record<string, string> {
  const seconds = Math.floor(message.timestamp.getTime() / 1000).toString();
  const content = `${message.id}.${seconds}.${message.body}`;
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': message.secrets.map((secret) => `v1,${hmac(secret, content)}`).join(' '),
  };
}

function hmac(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
