import { halfDigest } from '../ids/half-digest.js';
import { compactText } from '../json/json-text.js';

/**
 * Returns the digest by which an event that is published again with its idempotency key is recognized, as a UUID. It depends on the type
 * and on the data as written: on everything except the white space between tokens.
 *
 * @param dataText the data as JSON text
 */
export const eventDigest = (type: string, dataText: string): string =>
  halfDigest(`${type}\n${compactText(dataText)}`);
