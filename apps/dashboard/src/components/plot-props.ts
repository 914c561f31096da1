import type { StatsInterval } from '../search/time-range.js';

export interface PlotSeries {
  /** The member of each point. */
  key: string;
  label: string;
  /** A colour of global.css: `var(--good-fill)`. */
  color: string;
}

/** A moment, RFC 3339, and a value for the key of each series; null: none. */
export type PlotPoint = { time: string } & Record<string, string | number | null>;

export interface PlotProps {
  /** What is plotted: "Deliveries per minute". */
  label: string;
  kind: 'bars' | 'lines';
  points: readonly PlotPoint[];
  series: readonly PlotSeries[];
  /** How far the points are apart. */
  interval: StatsInterval;
  /** A value in words: `formatDuration`. */
  format: (value: number) => string;
  /** Pixels. */
  height?: number;
}
