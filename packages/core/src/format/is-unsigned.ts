import { ed25519Keys, type SealedSecret } from '../security/webhook-secrets.js';
import type { DeliveryFormat } from './delivery-format.js';
import { schemesOf } from './signature-schemes.js';

/** Returns whether requests have no signature: the format has only Ed25519 signatures, and the webhook has no Ed25519 key. */
export function isUnsigned(format: DeliveryFormat, secrets: readonly SealedSecret[]): boolean {
  if (ed25519Keys(secrets).length > 0) return false;
  return schemesOf(format).every(({ algorithm }) => algorithm === 'ed25519');
}
