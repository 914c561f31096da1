import type { components } from '../../generated/api.js';
import type { PlotPoint } from '../../components/plot-props.js';

export type Stats = components['schemas']['Stats'];

/** The names of the intervals of plots. */
/** Height of the plots in pixels. */
export const PLOT_HEIGHT = 220;

/** Returns whether there was no attempt and no delivery that ended in the period, and none waits. */
export function hasNoTraffic({ total, pending }: Stats): boolean {
  return total.attempts + total.succeeded + total.failed + total.dropped + pending.total === 0;
}

export function outcomePoints({ intervals }: Stats): PlotPoint[] {
  return intervals.map(({ time, succeeded, failed, dropped }) => ({ time, succeeded, failed, dropped }));
}

/** Attempts by result, in the interval in which they started. */
export function attemptPoints({ intervals }: Stats): PlotPoint[] {
  return intervals.map(({ time, attempts, failedAttempts }) => ({
    time,
    succeeded: attempts - failedAttempts,
    failed: failedAttempts,
  }));
}

export function latencyPoints({ intervals }: Stats): PlotPoint[] {
  return intervals.map(({ time, latencyMs }) => ({ time, ...latencyMs }));
}
