export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Returns the quantile for a share from 0 to 1, by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Rounds to three decimals; the noise is far larger. */
export const rounded = (value: number): number => Number(value.toFixed(3));

/** Returns the median over the rounds, rounded. */
export const medianOf = <T>(rounds: readonly T[], of: (round: T) => number): number =>
  rounded(median(rounds.map(of)));

/** Returns the interval in which the median of the population is with 95 % certainty: between two of the values, by the binomial distribution. */
export function medianInterval(values: readonly number[]): [from: number, to: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const beside = Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2);
  const rank = Math.max(0, beside);
  return [rounded(sorted[rank] ?? Number.NaN), rounded(sorted[sorted.length - 1 - rank] ?? Number.NaN)];
}
