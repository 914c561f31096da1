import { replaceValues } from '../json/json-text.js';
import { pointerPath } from '../json/json-pointer.js';
import { MAX_SEARCH_KEY_LENGTH, MAX_SEARCH_KEYS } from './search-values.js';

/** Maximum number of redactions of an event type. */
export const MAX_REDACTIONS = MAX_SEARCH_KEYS;
/** Longest redaction, in characters. */
export const MAX_REDACTION_LENGTH = MAX_SEARCH_KEY_LENGTH;

/** What is shown instead of a value to those who lack `payloads:read`. */
export const REDACTED_VALUE = '•••';

const REDACTED_TEXT = JSON.stringify(REDACTED_VALUE);

/** Returns the data of an event, as JSON text, without the values at these pointers. A name in a pointer applies to each element of an array. */
export const redactData = (dataText: string, pointers: readonly string[]): string =>
  replaceValues(dataText, pointers.map(pointerPath), REDACTED_TEXT);

/** As `redactData`, for the text of an object whose member `data` is the data of an event. */
export const redactEnvelope = (json: string, pointers: readonly string[]): string =>
  replaceValues(
    json,
    pointers.map((pointer) => ['data', ...pointerPath(pointer)]),
    REDACTED_TEXT,
  );

/** Returns whether a redaction hides a part of the value at a pointer, or all of it. Indexes do not count, so it may also return true for another element. */
export function isRedacted(pointer: string, redactions: readonly string[]): boolean {
  const place = withoutIndexes(pointer);
  return redactions
    .map(withoutIndexes)
    .some((redacted) => place.startsWith(redacted) || redacted.startsWith(place));
}

/** Ends with a slash, so that `/a` is no beginning of `/ab`. */
const withoutIndexes = (pointer: string): string => `${pointer}/`.replace(/(?:\/[0-9]+)+\//g, '/');
