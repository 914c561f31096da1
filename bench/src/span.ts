import type { OfferedLoad } from './offered-load.js';
import { quantile, rounded } from './quantiles.js';

/** How the events fared that were due in a span of time. Times in milliseconds. */
export interface Span {
  /** POSTs that were due in it, and how many of these were not answered with 202. */
  offered: number;
  refused: number;
  /** The share of the offered that had come to the receiver at the end of the span. */
  deliveredShare: number;
  /** From the 202 to the arrival; what came before its 202 counts as 0. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  beforeAccepted: number;
  /** From the moment that the POST was due to the arrival. */
  fromDueP50Ms: number;
  fromDueP99Ms: number;
  /** How late the load generator sent: the noise of the measurement. */
  generatorLateP99Ms: number;
}

export interface Spans {
  counted: Span;
  /** Begins with the first POST. */
  withWarmup: Span;
}

export function spans(load: OfferedLoad, ofType: (type: number) => boolean = () => true): Spans {
  return {
    counted: span(load, { fromMs: load.countedFromMs, ofType }),
    withWarmup: span(load, { fromMs: load.startedMs, ofType }),
  };
}

function span(
  { posts, arrivals, endedMs }: OfferedLoad,
  { fromMs, ofType }: { fromMs: number; ofType: (type: number) => boolean },
): Span {
  const offered = posts
    .filter(([type, dueMs]) => dueMs >= fromMs && ofType(type))
    .map(([, dueMs, sentMs, answeredMs, id]) => ({
      dueMs,
      sentMs,
      answeredMs,
      arrivedMs: id === null ? undefined : arrivals.get(id),
    }));
  const arrived = offered.flatMap(({ arrivedMs, ...post }) =>
    arrivedMs === undefined ? [] : [{ ...post, arrivedMs }],
  );
  const fromAccepted = arrived.map((post) => Math.max(0, post.arrivedMs - post.answeredMs));
  const fromDue = arrived.map((post) => post.arrivedMs - post.dueMs);
  return {
    offered: offered.length,
    refused: offered.length - arrived.length,
    deliveredShare: arrived.filter((post) => post.arrivedMs <= endedMs).length / offered.length,
    p50Ms: rounded(quantile(fromAccepted, 0.5)),
    p99Ms: rounded(quantile(fromAccepted, 0.99)),
    maxMs: rounded(quantile(fromAccepted, 1)),
    beforeAccepted: arrived.filter((post) => post.arrivedMs < post.answeredMs).length,
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

export const describe = ({ deliveredShare, p50Ms, p99Ms, maxMs, refused }: Span): string =>
  `${(deliveredShare * 100).toFixed(1)} % in time, p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms` +
  (refused > 0 ? `, ${refused} refused` : '');
