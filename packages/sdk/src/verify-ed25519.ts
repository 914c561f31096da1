import { hashes, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { WebhookVerificationError } from 'standardwebhooks';

hashes.sha512 = sha512;

export const PUBLIC_KEY_PREFIX = 'whpk_';
const VERSION = 'v1a,';
const PUBLIC_KEY_BYTES = 32;
const TOLERANCE_S = 5 * 60;

/**
 * Verifies the `v1a` signatures of a request.
 *
 * @param publicKey `whpk_…`
 * @throws WebhookVerificationError if none is right, or the timestamp is more than 5 minutes off
 * @throws TypeError if the key is not a public key
 */
export function verifyEd25519(body: string, headers: Record<string, string>, publicKey: string): void {
  const key = bytesOf(publicKey.slice(PUBLIC_KEY_PREFIX.length));
  if (key?.length !== PUBLIC_KEY_BYTES) throw new TypeError('A public key is whpk_ and 32 bytes in base64');
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError('Missing required headers');
  const ageS = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || ageS > TOLERANCE_S)
    throw new WebhookVerificationError('Message timestamp too old or too new');
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const isSigned = signatures.split(' ').some((signature) => {
    if (!signature.startsWith(VERSION)) return false;
    const bytes = bytesOf(signature.slice(VERSION.length));
    return bytes?.length === 64 && verify(bytes, content, key);
  });
  if (!isSigned) throw new WebhookVerificationError('No matching signature found');
}

/** Decodes base64 without `Buffer`, which edge runtimes do not have. Returns null if it is not base64. */
function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
