/** A string, or a number, of a JSON text. A string without its last quote is a token too, so that the search takes linear time. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*/g;

/**
 * Returns the first number of a JSON text that `JSON.parse` and `JSON.stringify` would change: one with more digits than a double holds, or
 * out of its range. Returns undefined if there is none.
 */
export function inexactNumber(json: string): string | undefined {
  for (const [token] of json.matchAll(TOKEN)) if (!token.startsWith('"') && !isExact(token)) return token;
  return undefined;
}

function isExact(number: string): boolean {
  const value = Number(number);
  return Number.isFinite(value) && canonical(number) === canonical(String(value));
}

/** Returns a decimal number without redundant zeros, as its digits and the exponent of the last one. Zero has no digits. */
function canonical(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return '';
  const zeros = trailingZeros(digits);
  const sign = number.startsWith('-') ? '-' : '';
  return `${sign}${digits.slice(0, digits.length - zeros)}e${Number(exponent) - fraction.length + zeros}`;
}

/** A regular expression would take quadratic time for zeros that are not at the end. */
function trailingZeros(digits: string): number {
  let count = 0;
  while (digits.at(-1 - count) === '0') count += 1;
  return count;
}
