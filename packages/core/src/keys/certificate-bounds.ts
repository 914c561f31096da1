import { type BaseBlock, Constructed } from 'asn1js';
import { identifierOf } from './curves.js';
import { elementsOf, octetsOf, parseDer } from './der.js';
import { isBoundedPublicKey } from './public-key.js';

/** Usual ones have 0.5 to 2 KB, with keys of RSA and long addresses of revocation lists 4 KB. */
const MAX_BYTES = 8192;

/** OpenSSL compares each name of a certificate with each constraint of those above it. */
const MAX_NAMES = 100;
const MAX_CONSTRAINTS = 50;
const MAX_POLICIES = 50;

/** Extensions with lists (RFC 5280, 4.2.1), by object identifier. */
const LISTS = new Map([
  ['2.5.29.17', { max: MAX_NAMES, name: 'alternative names', entriesOf: elementsOf }],
  // A list of permitted and one of excluded names.
  [
    '2.5.29.30',
    {
      max: MAX_CONSTRAINTS,
      name: 'name constraints',
      entriesOf: (lists: BaseBlock) => elementsOf(lists).flatMap(childrenOf),
    },
  ],
  ['2.5.29.32', { max: MAX_POLICIES, name: 'policies', entriesOf: elementsOf }],
  ['2.5.29.33', { max: MAX_POLICIES, name: 'policy mappings', entriesOf: elementsOf }],
]);

/**
 * Returns why a certificate in DER costs too much to verify with, as the end of a sentence about it. Null if it does not. Undefined if it is no
 * certificate.
 */
export function certificateExcess(der: Buffer): string | null | undefined {
  if (der.length > MAX_BYTES) return `has more than ${MAX_BYTES} bytes`;
  const [signed] = elementsOf(parseDer(der));
  const { key, extensions } = fieldsOf(elementsOf(signed));
  if (key === undefined) return undefined;
  if (!isBoundedPublicKey(key)) return 'has an unsupported public key';
  const reasons = extensions.map(extensionExcess);
  return reasons.find((reason) => reason !== null) ?? null;
}

/** Version, serial number, signature, issuer, validity, subject, key. The version may be missing. */
const KEY_POSITION = 6;
const VERSION_TAG = 0;
const EXTENSIONS_TAG = 3;

/** Returns the public key and the extensions of a certificate (RFC 5280, 4.1). */
function fieldsOf(fields: readonly BaseBlock[]) {
  const key = fields[hasTag(fields[0], VERSION_TAG) ? KEY_POSITION : KEY_POSITION - 1];
  const [extensions] = childrenOf(fields.find((field) => hasTag(field, EXTENSIONS_TAG)));
  return { key, extensions: elementsOf(extensions).map(elementsOf) };
}

const CONTEXT_CLASS = 3;

const hasTag = (element: BaseBlock | undefined, tag: number): boolean =>
  element?.idBlock.tagClass === CONTEXT_CLASS && element.idBlock.tagNumber === tag;

const childrenOf = (element: BaseBlock | undefined): readonly BaseBlock[] =>
  element instanceof Constructed ? element.valueBlock.value : [];

/** An extension is its identifier, whether it is critical, which may be missing, and its value in DER. */
function extensionExcess(extension: readonly BaseBlock[]): string | null {
  const list = LISTS.get(identifierOf(extension[0]));
  if (list === undefined) return null;
  const value = parseDer(octetsOf(extension.at(-1)) ?? Buffer.of());
  // A list that is too long to parse is also too long to use.
  const isTooLong = value === null || list.entriesOf(value).length > list.max;
  return isTooLong ? `has more than ${list.max} ${list.name}` : null;
}
