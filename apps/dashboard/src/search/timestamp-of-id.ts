const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The first ten of its 26 characters are 48 bits: the milliseconds of a UUID of version 7. */
const TIME = /^[a-z]+_([0-7][0-9a-hjkmnp-tv-z]{9})[0-9a-hjkmnp-tv-z]{16}$/;

/** The millisecond in which an id (a TypeID) was made, by which the lists of the API are bounded; null if it is none. */
export function timestampOfId(id: string): number | null {
  const digits = TIME.exec(id)?.[1];
  if (digits === undefined) return null;
  return Array.from(digits).reduce((ms, digit) => ms * ALPHABET.length + ALPHABET.indexOf(digit), 0);
}
