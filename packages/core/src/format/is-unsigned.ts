import { ed25519Keys, type SealedSecret } from '../security/webhook-secrets.js';
import type { DeliveryFormat } from './delivery-format.js';
import { schemeOf } from './signature-schemes.js';

/** Returns whether requests have no signature: the format has only Ed25519 signatures, and the webhook has no Ed25519 key. */
export function isUnsigned(
  { signatures = ['standard-webhooks'] }: DeliveryFormat,
  secrets: readonly SealedSecret[],
): boolean {
  if (ed25519Keys(secrets).length > 0) return false;
  return signatures.every((signature) => schemeOf(signature).algorithm === 'ed25519');
}
