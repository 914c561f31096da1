import type { BaseBlock } from 'asn1js';
import { curveOf, EC, ED25519, ED448, identifierOf, RSA, RSA_PSS } from './curves.js';
import { elementsOf, integerOf, octetsOf, parseDer, unsigned } from './der.js';
import { isBoundedRsaKey, isTokenRsaKey } from './rsa.js';

/** Returns whether a public key (SubjectPublicKeyInfo, RFC 5280) costs little to verify with. */
export function isBoundedPublicKey(element: BaseBlock | undefined): boolean {
  const [described, encoded] = elementsOf(element);
  const [algorithm, parameters] = elementsOf(described);
  const key = octetsOf(encoded);
  if (key === null) return false;
  switch (identifierOf(algorithm)) {
    case RSA:
    case RSA_PSS: {
      const [modulus, exponent] = elementsOf(parseDer(key));
      return isBoundedRsaKey(integerOf(modulus), integerOf(exponent));
    }
    case EC:
      // Other curves take many times as long. The point at infinity has one byte.
      return curveOf(parameters) !== undefined && key.length > 1;
    case ED25519:
    case ED448:
      return true;
    default:
      return false;
  }
}

/** The bytes of a coordinate by the name of the curve (RFC 7518, 6.2). */
const COORDINATE_BYTES: ReadonlyMap<unknown, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
]);
const ED25519_BYTES = 32;

/** Returns whether a key in the format of JSON Web Keys is public, of a kind that signs tokens, and costs little to verify with. */
export function isBoundedJwk({ kty, crv, n, e, x, y, d }: Readonly<Record<string, unknown>>): boolean {
  if (d !== undefined) return false;
  switch (kty) {
    case 'RSA':
      return isTokenRsaKey(numberOf(n), numberOf(e));
    case 'EC':
      return [x, y].every((each) => (bytesOf(each)?.length ?? 0) === COORDINATE_BYTES.get(crv));
    case 'OKP':
      return crv === 'Ed25519' && bytesOf(x)?.length === ED25519_BYTES;
    default:
      return false;
  }
}

function numberOf(text: unknown): bigint | null {
  const bytes = bytesOf(text);
  return bytes && unsigned(bytes);
}

/** The longest number of a key that is used has 683 characters. */
const MAX_TEXT_LENGTH = 1000;

/** Returns what a text in base64url contains, null for other and for long texts. */
const bytesOf = (text: unknown): Buffer | null =>
  typeof text === 'string' && text.length <= MAX_TEXT_LENGTH && /^[\w-]+$/.test(text)
    ? Buffer.from(text, 'base64url')
    : null;
