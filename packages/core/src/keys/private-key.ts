import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type BaseBlock, Constructed, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { MAX_PEM_KEY_LENGTH } from '../connections/tls-certificates.js';
import { type Curve, curveOf, EC, ED25519, identifierOf, RSA } from './curves.js';
import { elementsOf, octetsOf, parseDer, unsigned } from './der.js';
import { rsaNumbers } from './rsa.js';

const BEGIN = /-----BEGIN (?:RSA |EC |)PRIVATE KEY-----/;
const HYPHENS = '-----';
const ED25519_BYTES = 32;

/**
 * Returns the private key of a PEM, null if there is none, or `unsupported`. OpenSSL gets only a key that was encoded here from numbers that
 * were checked: some keys cost it hours, and Node ends the process at others.
 */
export function readPrivateKey(text: string): KeyObject | 'unsupported' | null {
  const element = parseDer(bytesOf(text) ?? new Uint8Array());
  if (elementsOf(element).length === 0) return null;
  const key = encodedAgain(elementsOf(element));
  return key === null ? 'unsupported' : createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The label of the PEM does not matter: it may be wrong. */
function bytesOf(text: string): Buffer | null {
  if (text.length > MAX_PEM_KEY_LENGTH) return null;
  const begin = BEGIN.exec(text);
  if (!begin) return null;
  const [base64 = '', end] = text.slice(begin.index + begin[0].length).split(HYPHENS, 2);
  return end?.startsWith('END ') === true ? Buffer.from(base64, 'base64') : null;
}

/** Returns a key as PKCS#8. @param elements of a key in PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC 1 (RFC 5915) */
function encodedAgain(elements: readonly BaseBlock[]): Buffer | null {
  const [, second, third] = elements;
  if (second instanceof Sequence) return ofAlgorithm(elementsOf(second), octetsOf(third));
  return second instanceof OctetString ? ecKey(elements, namedIn(elements)) : rsaKey(elements);
}

function ofAlgorithm([algorithm, parameters]: readonly BaseBlock[], key: Uint8Array | null): Buffer | null {
  const element = key && parseDer(key);
  switch (identifierOf(algorithm)) {
    case RSA:
      return rsaKey(elementsOf(element));
    case EC:
      return ecKey(elementsOf(element), curveOf(parameters));
    case ED25519:
      return ed25519Key(octetsOf(element));
    default:
      return null;
  }
}

/** Returns the curve that a key in SEC 1 names: its element [0]. */
function namedIn([, , parameters]: readonly BaseBlock[]): Curve | undefined {
  if (!(parameters instanceof Constructed) || parameters.idBlock.tagNumber !== 0) return undefined;
  return curveOf(parameters.valueBlock.value[0]);
}

function rsaKey(elements: readonly BaseBlock[]): Buffer | null {
  const numbers = rsaNumbers(elements);
  const key = new Sequence({ value: numbers?.map((number) => Integer.fromBigInt(number)) ?? [] });
  return numbers && pkcs8([named(RSA), new Null()], key);
}

/** The public point is left out: OpenSSL calculates it. */
function ecKey([, scalar]: readonly BaseBlock[], curve: Curve | undefined): Buffer | null {
  const octets = octetsOf(scalar);
  if (!curve || !octets) return null;
  const number = unsigned(octets);
  if (number === 0n || number >= curve.order) return null;
  const padded = Buffer.from(number.toString(16).padStart(2 * curve.bytes, '0'), 'hex');
  const key = new Sequence({ value: [new Integer({ value: 1 }), new OctetString({ valueHex: padded })] });
  return pkcs8([named(EC), named(curve.identifier)], key);
}

const ed25519Key = (seed: Uint8Array | null): Buffer | null =>
  seed?.length === ED25519_BYTES ? pkcs8([named(ED25519)], new OctetString({ valueHex: seed })) : null;

function pkcs8(algorithm: BaseBlock[], key: BaseBlock): Buffer {
  const element = new Sequence({
    value: [
      new Integer({ value: 0 }),
      new Sequence({ value: algorithm }),
      new OctetString({ valueHex: key.toBER() }),
    ],
  });
  return Buffer.from(element.toBER());
}

const named = (value: string): ObjectIdentifier => new ObjectIdentifier({ value });
