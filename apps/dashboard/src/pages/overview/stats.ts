import type { components } from '../../generated/api.js';
import type { PlotPoint } from '../../components/plot-props.js';

export type Stats = components['schemas']['Stats'];
export type WebhookStats = Stats['webhooks'][number];

/** Height of the plots in pixels. */
export const PLOT_HEIGHT = 220;

export function outcomePoints({ intervals }: Stats): PlotPoint[] {
  return intervals.map(({ time, succeeded, failed, dropped }) => ({ time, succeeded, failed, dropped }));
}

export function latencyPoints({ intervals }: Stats): PlotPoint[] {
  return intervals.map(({ time, latencyMs }) => ({ time, ...latencyMs }));
}

/** Returns the number of failed attempts. */
export function countFailures({
  attempts,
  successRate,
}: Pick<WebhookStats, 'attempts' | 'successRate'>): number {
  return Math.round(attempts * (1 - (successRate ?? 1)));
}

/** Returns up to `limit` webhooks with failures, the most failures first. */
export function mostFailing({ webhooks }: Stats, limit: number): WebhookStats[] {
  return webhooks
    .filter((webhook) => countFailures(webhook) > 0)
    .toSorted((one, other) => countFailures(other) - countFailures(one))
    .slice(0, limit);
}
