const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The first 10 of the 26 characters encode the 48-bit timestamp of a UUIDv7. */
const TIME = /^[a-z]+_([0-7][0-9a-hjkmnp-tv-z]{9})[0-9a-hjkmnp-tv-z]{16}$/;

/** Returns the creation time of a TypeID in milliseconds since the epoch, or null if it is invalid. */
export function timestampOfId(id: string): number | null {
  const digits = TIME.exec(id)?.[1];
  if (digits === undefined) return null;
  return Array.from(digits).reduce((ms, digit) => ms * ALPHABET.length + ALPHABET.indexOf(digit), 0);
}
