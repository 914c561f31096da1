import type { CooperativeYield } from '../concurrency/cooperative-yield.js';
import { halfDigest } from '../ids/half-digest.js';
import { pointerPath } from '../json/json-pointer.js';
import { elementTexts, textAt } from '../json/json-text.js';
import { scalarText } from '../json/scalar-text.js';

/** Returns the digest of a value as text, whatever its length, as in the search index. Returns null for a value that is empty or space. */
export function valueDigest(value: string): string | null {
  const trimmed = value.trim();
  return trimmed === '' ? null : halfDigest(trimmed);
}

/** Returns whether a JSON text has a value at a pointer, or as an element of an array there. @param digest see `valueDigest` */
export async function hasValueAt(
  dataText: string,
  { pointer, digest }: { pointer: string; digest: string },
  yielder: CooperativeYield,
): Promise<boolean> {
  const text = textAt(dataText, pointerPath(pointer));
  if (text === undefined) return false;
  const texts = new Set(text.startsWith('[') ? elementTexts(text, Infinity) : [text]);
  for (const each of texts) {
    if (yielder.tick()) await yielder.yield();
    const value = scalarText(each);
    if (value !== null && valueDigest(value) === digest) return true;
  }
  return false;
}

interface ScalarDigests {
  digests: Set<string>;
  /** The text, or a JSON text in its strings, ends within a string. */
  isCut: boolean;
}

/** A string, also one without its end, a number, or a boolean. */
const SCALAR = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|true|false/g;

/** Returns the digests of all scalars in a JSON text, which may be cut, including those of JSON texts in its strings. */
export async function scalarDigests(json: string, yielder: CooperativeYield): Promise<ScalarDigests> {
  const values = new Set<string>();
  const isCut = await collectScalars(json, values, yielder);
  const digests = new Set<string>();
  for (const value of values) {
    if (yielder.tick()) await yielder.yield();
    const digest = valueDigest(value);
    if (digest !== null) digests.add(digest);
  }
  return { digests, isCut };
}

/** Adds the scalars in a JSON text. Returns whether it ends within a string. */
async function collectScalars(
  json: string,
  values: Set<string>,
  yielder: CooperativeYield,
): Promise<boolean> {
  let endsCut = false;
  for (const [token] of json.matchAll(SCALAR)) {
    if (yielder.tick()) await yielder.yield();
    const isString = token.startsWith('"');
    const isCut = isString && (token.length === 1 || !token.endsWith('"'));
    endsCut ||= isCut;
    const value = isString ? stringOf(token, isCut) : token;
    if (values.has(value)) continue;
    values.add(value);
    // The text of a field may be cut, and its JSON with it.
    if (isString && /^\s*[[{]/.test(value))
      endsCut = (await collectScalars(value, values, yielder)) || endsCut;
  }
  return endsCut;
}

function stringOf(token: string, isCut: boolean): string {
  try {
    return String(JSON.parse(isCut ? `${token}"` : token));
  } catch {
    return token.slice(1, isCut ? undefined : -1);
  }
}
