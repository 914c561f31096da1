import { ed25519Keys, onlySecrets, type SealedSecret } from '../security/webhook-secrets.js';
import type { DeliveryFormat } from './delivery-format.js';
import { schemesOf } from './signature-schemes.js';

/**
 * Returns whether a webhook needs a signing secret. It needs none if its own format has only Ed25519 signatures. Without a format of
 * its own it needs one: the format of the tenant may change.
 *
 * @param format null for the format of the tenant
 */
export function needsSecret(format: DeliveryFormat | null): boolean {
  return schemesOf(format ?? {}).some(({ algorithm }) => algorithm !== 'ed25519');
}

/** Returns the kind of key that a webhook lacks for its own format, null if it lacks none. */
export function missingKeys(
  format: DeliveryFormat | null,
  secrets: readonly SealedSecret[],
): 'secret' | 'ed25519' | null {
  if (needsSecret(format)) return onlySecrets(secrets).length === 0 ? 'secret' : null;
  return ed25519Keys(secrets).length === 0 ? 'ed25519' : null;
}
