import { SECRET_PREFIX, type SigningSecret, standardSecret } from '../security/signing.js';
import type { DeliveryFormat } from './delivery-format.js';
import { schemeOf, schemesOf } from './signature-schemes.js';

/** Returns a secret as the library of the format's first signature takes it. */
export function shownSecret(secret: SigningSecret, { signatures }: DeliveryFormat): string {
  const { key } = schemeOf(signatures?.[0] ?? 'standard-webhooks');
  return key === 'decoded' ? standardSecret(secret) : secret.text;
}

/**
 * Returns whether a secret contradicts a format: it is text that begins with `whsec_`, and a signature of the format uses the bytes that
 * `whsec_…` represents. A receiver would decode it, and Posthorn would not.
 */
export function contradictsFormat({ text, encoding }: SigningSecret, format: DeliveryFormat): boolean {
  if (encoding !== 'text' || !text.startsWith(SECRET_PREFIX)) return false;
  return schemesOf(format).some(({ key, algorithm }) => key === 'decoded' && algorithm !== 'ed25519');
}
