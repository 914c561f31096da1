import { pointerPath } from '../json/json-pointer.js';
import { textAt } from '../json/json-text.js';
import { scalarText } from '../json/scalar-text.js';

/** Maximum length of an ordering key, in characters. */
export const MAX_ORDERING_KEY_LENGTH = 256;
/** Maximum length of a pointer to the ordering key, in characters. */
export const MAX_ORDERING_POINTER_LENGTH = 256;
/** A text without control characters, which has no unpaired surrogates either. */
export const NO_CONTROL_CHARACTERS = /^[^\p{Cc}\p{Cs}]*$/u;

/**
 * Returns the ordering key that a JSON Pointer addresses: a string, a number as it is written, or a boolean. Returns null for other
 * values, without a value, and for one that is not a valid key.
 *
 * @param dataText the data of an event as JSON text
 */
export function orderingKeyAt(dataText: string, pointer: string): string | null {
  const json = textAt(dataText, pointerPath(pointer));
  const key = json === undefined ? null : scalarText(json);
  return key !== null && isOrderingKey(key) ? key : null;
}

const isOrderingKey = (text: string): boolean =>
  text.length > 0 && text.length <= MAX_ORDERING_KEY_LENGTH && NO_CONTROL_CHARACTERS.test(text);
