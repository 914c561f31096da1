export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value that the given share (0 to 1) of the values does not exceed: the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** To at most three decimals: the noise is far above that. */
export const rounded = (value: number): number => Number(value.toFixed(3));

/** The median over the rounds. */
export const medianOf = <T>(rounds: readonly T[], of: (round: T) => number): number =>
  rounded(median(rounds.map(of)));
