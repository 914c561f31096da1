import { type BaseBlock, BitString, fromBER, Integer, OctetString, Sequence } from 'asn1js';

/** Far beyond what a key or certificate has outside its strings, whose content is not parsed. */
const LIMITS = { maxDepth: 16, maxNodes: 1000, parseEmbedded: false };

/** Returns the element that a text in DER consists of. Returns null for anything else. */
export function parseDer(bytes: Uint8Array): BaseBlock | null {
  try {
    const { offset, result } = fromBER(bytes, LIMITS);
    return offset === bytes.length && result.error === '' && isDefinite(result) ? result : null;
  } catch {
    // Of texts and times that are none.
    return null;
  }
}

/** An indefinite length is where parsers could disagree about what follows. */
const isDefinite = (element: BaseBlock): boolean =>
  !element.lenBlock.isIndefiniteForm &&
  (!(element instanceof Sequence) || element.valueBlock.value.every(isDefinite));

/** Returns the elements of a sequence, none for another element. */
export const elementsOf = (element: BaseBlock | null | undefined): readonly BaseBlock[] =>
  element instanceof Sequence ? element.valueBlock.value : [];

/** Returns an integer that is not negative, or null. */
export function integerOf(element: BaseBlock | undefined): bigint | null {
  if (!(element instanceof Integer)) return null;
  const bytes = element.valueBlock.valueHexView;
  const [first] = bytes;
  return first === undefined || first >= 0x80 ? null : unsigned(bytes);
}

/** Returns the number that bytes are, the most significant one first. */
export const unsigned = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** Returns the content of a string of bytes in one piece, or null. */
export function octetsOf(element: BaseBlock | null | undefined): Uint8Array | null {
  const isString = element instanceof OctetString || (element instanceof BitString && isWhole(element));
  return isString && !element.idBlock.isConstructed ? element.valueBlock.valueHexView : null;
}

const isWhole = ({ valueBlock }: BitString): boolean => valueBlock.unusedBits === 0;

/** Returns the number of bits of a number that is not negative. */
export const bitLength = (number: bigint): number => (number === 0n ? 0 : number.toString(2).length);
