import { type BaseBlock, Constructed } from 'asn1js';
import { type FieldProblem, fieldProblem } from '../messages/field-error.js';
import { identifierOf } from './curves.js';
import { elementsOf, octetsOf, parseDer } from './der.js';
import { isBoundedPublicKey } from './public-key.js';

/** Usual ones have 0.5 to 2 KB, with keys of RSA and long addresses of revocation lists 4 KB. */
const MAX_BYTES = 8192;

/** OpenSSL compares each name of a certificate with each constraint of those above it. */
const MAX_NAMES = 100;
const MAX_CONSTRAINTS = 50;
const MAX_POLICIES = 50;

const entriesOfBoth = (lists: BaseBlock): readonly BaseBlock[] => elementsOf(lists).flatMap(childrenOf);

/** A list in an extension. */
interface List {
  /** Of the problem that it is too long. */
  code: 'certificate_names' | 'certificate_constraints' | 'certificate_policies';
  max: number;
  entriesOf: (value: BaseBlock) => readonly BaseBlock[];
}

/** Extensions with lists (RFC 5280, 4.2.1), by object identifier. */
const LISTS: ReadonlyMap<string, List> = new Map<string, List>([
  ['2.5.29.17', { code: 'certificate_names', max: MAX_NAMES, entriesOf: elementsOf }],
  // A list of permitted and one of excluded names.
  ['2.5.29.30', { code: 'certificate_constraints', max: MAX_CONSTRAINTS, entriesOf: entriesOfBoth }],
  ['2.5.29.32', { code: 'certificate_policies', max: MAX_POLICIES, entriesOf: elementsOf }],
  ['2.5.29.33', { code: 'certificate_policies', max: MAX_POLICIES, entriesOf: elementsOf }],
]);

/** Returns why a certificate in DER costs too much to verify with, or that it is none. Null if it is usable. */
export function certificateProblem(der: Buffer, number: number): FieldProblem | null {
  if (der.length > MAX_BYTES) return fieldProblem('certificate_size', { number, max: MAX_BYTES });
  const [signed] = elementsOf(parseDer(der));
  const { key, extensions } = fieldsOf(elementsOf(signed));
  if (key === undefined) return fieldProblem('not_certificates');
  if (!isBoundedPublicKey(key)) return fieldProblem('certificate_key', { number });
  const list = extensions.map(tooLongList).find((each) => each !== undefined);
  return list ? fieldProblem(list.code, { number, max: list.max }) : null;
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

/** Returns the bound that an extension exceeds. It is its identifier, whether it is critical, which may be missing, and its value in DER. */
function tooLongList(extension: readonly BaseBlock[]) {
  const list = LISTS.get(identifierOf(extension[0]));
  if (list === undefined) return undefined;
  const value = parseDer(octetsOf(extension.at(-1)) ?? Buffer.of());
  // A list that is too long to parse is also too long to use.
  return value === null || list.entriesOf(value).length > list.max ? list : undefined;
}
