import { halfDigest } from '../half-digest.js';
import { pointerPath } from '../json/json-pointer.js';
import { elementTexts, textAt } from '../json/json-text.js';
import { scalarText } from '../json/scalar-text.js';

/** Returns the digest of a value as text, whatever its length, as in the search index. Returns null for a value that is empty or space. */
export function valueDigest(value: string): string | null {
  const trimmed = value.trim();
  return trimmed === '' ? null : halfDigest(trimmed);
}

/** Returns whether a JSON text has a value at a pointer, or as an element of an array there. @param digest see `valueDigest` */
export function hasValueAt(
  dataText: string,
  { pointer, digest }: { pointer: string; digest: string },
): boolean {
  const text = textAt(dataText, pointerPath(pointer));
  if (text === undefined) return false;
  const texts = text.startsWith('[') ? elementTexts(text, Infinity) : [text];
  return texts.some((each) => {
    const value = scalarText(each);
    return value !== null && valueDigest(value) === digest;
  });
}

export interface ScalarDigests {
  digests: Set<string>;
  /** The text ends within a string. */
  isCut: boolean;
}

/** A string, also one without its end, a number, or a boolean. */
const SCALAR = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|true|false/g;

/** Returns the digests of all scalars in a JSON text, which may be cut, including those of JSON texts in its strings. */
export function scalarDigests(json: string): ScalarDigests {
  const found: ScalarDigests = { digests: new Set(), isCut: false };
  for (const [token] of json.matchAll(SCALAR)) {
    const isString = token.startsWith('"');
    const isCut = isString && (token.length === 1 || !token.endsWith('"'));
    const value = isString ? stringOf(token, isCut) : token;
    const digest = valueDigest(value);
    if (digest !== null) found.digests.add(digest);
    if (isString && /^\s*[[{]/.test(value))
      scalarDigests(value).digests.forEach((each) => found.digests.add(each));
    found.isCut ||= isCut;
  }
  return found;
}

function stringOf(token: string, isCut: boolean): string {
  try {
    return String(JSON.parse(isCut ? `${token}"` : token));
  } catch {
    return token.slice(1, isCut ? undefined : -1);
  }
}
