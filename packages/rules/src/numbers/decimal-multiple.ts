/** Products below this limit are rounded to the right integer, and quotients of such integers are exact. */
const MAX_SCALED = 2 ** 50;

/** Largest power of ten that a number represents exactly. */
const MAX_EXACT_POWER = 22;

/** A number has at most 17 significant digits, and its digits have at most 57 factors of 2 or 5. */
const MAX_DIGITS = 17;
const MAX_FACTORS = 57;
const POWERS_OF_TEN = Array.from({ length: MAX_FACTORS + 1 }, (_, exponent) => 10n ** BigInt(exponent));

/**
 * Creates a test for multiples of `step`. It compares decimals, as they are written in JSON: 19.99 is a multiple of 0.01,
 * although the quotient of the two binary numbers is not an integer.
 */
export function decimalMultiple(step: number): (value: number) => boolean {
  const isExactMultiple = exactMultiple(step);
  const decimals = Math.max(0, -decimalOf(step).exponent);
  const scale = Number(`1e${decimals}`);
  const scaledStep = Math.round(step * scale);
  if (decimals > MAX_EXACT_POWER || scaledStep >= MAX_SCALED) return isExactMultiple;
  return (value) => {
    const scaled = value * scale;
    if (scaled <= -MAX_SCALED || scaled >= MAX_SCALED) return isExactMultiple(value);
    const integer = Math.round(scaled);
    return integer / scale === value && Number.isInteger(integer / scaledStep);
  };
}

/** Does the same for every number, ten times slower. */
function exactMultiple(step: number): (value: number) => boolean {
  const divisor = decimalOf(step);
  return (value) => {
    // JSON text such as 1e400 is read as infinity.
    if (!Number.isFinite(value)) return false;
    const { digits, exponent } = decimalOf(value);
    const shift = exponent - divisor.exponent;
    // More powers of ten add no factor that the divisor can have.
    if (shift >= 0) return (digits * powerOfTen(Math.min(shift, MAX_FACTORS))) % divisor.digits === 0n;
    if (shift < -MAX_DIGITS) return digits === 0n;
    return digits % (divisor.digits * powerOfTen(-shift)) === 0n;
  };
}

const powerOfTen = (exponent: number): bigint => POWERS_OF_TEN[exponent] ?? 10n ** BigInt(exponent);

/** Returns the shortest decimal that reads as the number, without its sign: `digits` times ten to the power of `exponent`. */
function decimalOf(value: number): { digits: bigint; exponent: number } {
  // Such as 1.999e+1
  const text = Math.abs(value).toExponential();
  const end = text.indexOf('e');
  const fraction = text.slice(2, end);
  return {
    digits: BigInt(text.slice(0, 1) + fraction),
    exponent: Number(text.slice(end + 1)) - fraction.length,
  };
}
