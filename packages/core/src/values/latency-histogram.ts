/** The ratio between the bounds of a bucket; it makes percentiles accurate to 5 %. Bucket 0 starts at 1 ms. */
export const LATENCY_BUCKET_GROWTH = 1.1;

/** The number of responses in each bucket. */
export type LatencyHistogram = ReadonlyMap<number, number>;

/**
 * Returns a quantile of the latencies, in whole milliseconds (the middle of its bucket), or null if the histogram is
 * empty.
 *
 * @param quantile 0 to 1
 */
export function latencyQuantile(histogram: LatencyHistogram, quantile: number): number | null {
  const buckets = [...histogram].toSorted(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let cumulative = 0;
  for (const [bucket, count] of buckets) {
    cumulative += count;
    if (cumulative >= quantile * total) return Math.round(LATENCY_BUCKET_GROWTH ** (bucket + 0.5));
  }
  return null;
}
