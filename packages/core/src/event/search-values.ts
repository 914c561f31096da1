import { pointerPath } from '../json/json-pointer.js';
import { elementTexts, textAt } from '../json/json-text.js';
import { scalarText } from '../json/scalar-text.js';
import { valueDigest } from './value-digests.js';

/** Maximum number of search keys of an event type. */
export const MAX_SEARCH_KEYS = 10;
/** Longest search key, in characters. */
export const MAX_SEARCH_KEY_LENGTH = 256;
/** Longest value that can be searched for, in bytes of UTF-8. */
export const MAX_SEARCH_VALUE_BYTES = 256;
/** Maximum number of values of an event that are indexed. */
export const MAX_SEARCH_VALUES = 20;

/** A value of an event's data that the event can be found by. */
export interface SearchValue {
  /** See `searchDigest`. */
  digest: string;
  /** The search key that addresses it. */
  pointer: string;
}

/** A search value as text, without space around it. */
export interface FoundSearchValue extends SearchValue {
  value: string;
}

/**
 * Returns the values that search keys address: strings, numbers as they are written, and booleans. If a key addresses an array, its
 * elements count. Skips values that are longer than 256 bytes, and all but the first 20 different ones.
 *
 * @param dataText the data of an event as JSON text
 */
export function searchValuesIn(dataText: string, pointers: readonly string[]): FoundSearchValue[] {
  const found = new Map<string, FoundSearchValue>();
  for (const pointer of pointers) {
    for (const value of valuesAt(dataText, pointer)) {
      const digest = searchDigest(value);
      if (digest === null || found.has(digest)) continue;
      if (found.size === MAX_SEARCH_VALUES) break;
      found.set(digest, { digest, pointer, value: value.trim() });
    }
  }
  return [...found.values()];
}

/**
 * Returns the key under which a value is indexed, as a UUID: half of its SHA-256. Returns null for a value that is not indexed because it
 * is empty or too long. Space around a value does not count, because it gets lost when the value is copied.
 */
export function searchDigest(value: string): string | null {
  return Buffer.byteLength(value.trim()) > MAX_SEARCH_VALUE_BYTES ? null : valueDigest(value);
}

function valuesAt(dataText: string, pointer: string): string[] {
  const text = textAt(dataText, pointerPath(pointer));
  if (text === undefined) return [];
  const texts = text.startsWith('[') ? elementTexts(text, MAX_SEARCH_VALUES) : [text];
  return texts.flatMap((each) => scalarText(each) ?? []);
}
