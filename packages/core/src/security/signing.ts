import { createHmac, randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new signing secret in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * All headers of a request to a webhook: its own first, so that none of them can take the place of ours.
 * @param message.headers the webhook's own
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
 * The headers of Standard Webhooks 1.0 for one attempt, one `v1` signature for each live secret.
 * `body` must be sent exactly as given here.
 */
export function signatureHeaders(message: {
  id: string;
  timestamp: Date;
  body: string;
  secrets: readonly string[];
}): Record<string, string> {
  const seconds = Math.floor(message.timestamp.getTime() / 1000).toString();
  const signed = `${message.id}.${seconds}.${message.body}`;
  return {
    'webhook-id': message.id,
    'webhook-timestamp': seconds,
    'webhook-signature': message.secrets.map((secret) => `v1,${hmac(secret, signed)}`).join(' '),
  };
}

function hmac(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(signed).digest('base64');
}
