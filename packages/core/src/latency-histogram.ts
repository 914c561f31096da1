/** Each bucket reaches a tenth further than the one before: percentiles are right to 5 %. Bucket 0 begins at 1 ms. */
export const LATENCY_BUCKET_GROWTH = 1.1;

/** How many answers each bucket holds. */
export type LatencyHistogram = ReadonlyMap<number, number>;

/**
 * The time that the given share (0 to 1) of the answers did not exceed.
 *
 * @returns whole milliseconds, the middle of the bucket; null when there are no answers
 */
export function latencyQuantile(histogram: LatencyHistogram, share: number): number | null {
  const buckets = [...histogram].toSorted(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  for (const [bucket, count] of buckets) {
    passed += count;
    if (passed >= share * total) return Math.round(LATENCY_BUCKET_GROWTH ** (bucket + 0.5));
  }
  return null;
}
