/** Returns the share of pairs that are not in order. In random order it is a half. */
export function disorder(list: number[]): number {
  const pairs = list.flatMap((n, index) => list.slice(index + 1).map((later) => later < n));
  return pairs.filter(Boolean).length / pairs.length;
}
