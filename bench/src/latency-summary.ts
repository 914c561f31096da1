import type { Observed } from './offered-load.js';
import { quantile, rounded } from './quantiles.js';

/** The latency of the events that were due in a period. Times in milliseconds. */
export interface LatencySummary {
  /** POSTs that were due in the period, and those that did not get a 202 or did not arrive. */
  offered: number;
  rejected: number;
  /** The share of the offered events that arrived before the end of the period. */
  deliveredShare: number;
  /** From the 202 to the arrival; an arrival before the 202 counts as 0. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  beforeAccepted: number;
  /** From the sending of the POST to the arrival. */
  fromSentP50Ms: number;
  fromSentP99Ms: number;
  /** From the due time of the POST to the arrival. */
  fromDueP50Ms: number;
  fromDueP99Ms: number;
  /** The delay of the load generator: the noise of the measurement. */
  generatorLateP99Ms: number;
}

export interface LatencySummaries {
  counted: LatencySummary;
  /** Starts with the first POST. */
  withWarmup: LatencySummary;
}

export function summarizeLatency(
  load: Observed,
  ofType: (type: number) => boolean = () => true,
): LatencySummaries {
  return {
    counted: summarize(load, { fromMs: load.measuredFromMs, ofType }),
    withWarmup: summarize(load, { fromMs: load.startedMs, ofType }),
  };
}

function summarize(
  { posts, arrivals, endedMs }: Observed,
  { fromMs, ofType }: { fromMs: number; ofType: (type: number) => boolean },
): LatencySummary {
  const offered = posts
    .filter(([type, dueMs]) => dueMs >= fromMs && ofType(type))
    .map(([, dueMs, sentMs, respondedMs, id]) => ({
      dueMs,
      sentMs,
      respondedMs,
      arrivedMs: id === null ? undefined : arrivals.get(id),
    }));
  const arrived = offered.flatMap(({ arrivedMs, ...post }) =>
    arrivedMs === undefined ? [] : [{ ...post, arrivedMs }],
  );
  const fromAccepted = arrived.map((post) => Math.max(0, post.arrivedMs - post.respondedMs));
  const fromSent = arrived.map((post) => post.arrivedMs - post.sentMs);
  const fromDue = arrived.map((post) => post.arrivedMs - post.dueMs);
  return {
    offered: offered.length,
    rejected: offered.length - arrived.length,
    deliveredShare: arrived.filter((post) => post.arrivedMs <= endedMs).length / offered.length,
    p50Ms: rounded(quantile(fromAccepted, 0.5)),
    p99Ms: rounded(quantile(fromAccepted, 0.99)),
    maxMs: rounded(quantile(fromAccepted, 1)),
    beforeAccepted: arrived.filter((post) => post.arrivedMs < post.respondedMs).length,
    fromSentP50Ms: rounded(quantile(fromSent, 0.5)),
    fromSentP99Ms: rounded(quantile(fromSent, 0.99)),
    fromDueP50Ms: rounded(quantile(fromDue, 0.5)),
    fromDueP99Ms: rounded(quantile(fromDue, 0.99)),
    generatorLateP99Ms: rounded(
      quantile(
        offered.map((post) => post.sentMs - post.dueMs),
        0.99,
      ),
    ),
  };
}

export const describe = ({ deliveredShare, p50Ms, p99Ms, maxMs, rejected }: LatencySummary): string =>
  `${(deliveredShare * 100).toFixed(1)} % in time, p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms` +
  (rejected > 0 ? `, ${rejected} rejected` : '');
