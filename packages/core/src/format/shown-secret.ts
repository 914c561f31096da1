import { type SigningSecret, standardSecret } from '../security/signing.js';
import type { DeliveryFormat } from './delivery-format.js';
import { schemeOf } from './signature-schemes.js';

/** Returns a secret as the library of the format's first signature takes it. */
export function shownSecret(secret: SigningSecret, { signatures }: DeliveryFormat): string {
  const { key } = schemeOf(signatures?.[0] ?? 'standard-webhooks');
  return key === 'decoded' ? standardSecret(secret) : secret.text;
}
