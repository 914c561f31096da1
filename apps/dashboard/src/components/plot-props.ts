import type { StatsInterval } from '../search/time-range.js';

interface PlotSeries {
  /** Key of the value in each point. */
  key: string;
  label: string;
  /** A color of global.css: `var(--good-fill)`. */
  color: string;
}

/** A time in RFC 3339 and the value of each series; null for no value. */
export type PlotPoint = { time: string } & Record<string, string | number | null>;

export interface PlotProps {
  /** "Deliveries per minute" */
  label: string;
  kind: 'bars' | 'lines';
  points: readonly PlotPoint[];
  series: readonly PlotSeries[];
  /** Interval between points. */
  interval: StatsInterval;
  /** Formats a value, such as `formatDuration`. */
  format: (value: number) => string;
  /** In pixels. */
  height?: number;
}
