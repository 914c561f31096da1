import { type BaseBlock, ObjectIdentifier } from 'asn1js';
import { EC, ED25519, ED448, identifierOf, RSA, RSA_PSS } from './curves.js';
import { elementsOf, integerOf, octetsOf, parseDer, unsigned } from './der.js';
import { isBoundedRsaKey } from './rsa.js';

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
      // Otherwise the parameters of the curve are given. The point at infinity has one byte.
      return parameters instanceof ObjectIdentifier && key.length > 1;
    case ED25519:
    case ED448:
      return true;
    default:
      return false;
  }
}

/** Returns whether a public key in the format of JSON Web Keys costs little to verify with. Secret keys do not verify anything. */
export function isBoundedJwk({ kty, n, e }: Readonly<Record<string, unknown>>): boolean {
  // Their curves have names, and WebCrypto knows few of them.
  if (kty === 'EC' || kty === 'OKP') return true;
  return kty === 'RSA' && isBoundedRsaKey(numberOf(n), numberOf(e));
}

const numberOf = (text: unknown): bigint | null =>
  typeof text === 'string' ? unsigned(Buffer.from(text, 'base64url')) : null;
