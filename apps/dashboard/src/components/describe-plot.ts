import type { PlotProps } from './plot-props.js';

/** Summarizes a plot for screen readers: the total of each bar series, the latest and highest value of each line. */
export function describePlot({ label, kind, points, series, format }: Omit<PlotProps, 'height'>): string {
  const parts = series.map(({ key, label: name }) => {
    const values = points.map((point) => point[key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return `${name}: no data`;
    if (kind === 'bars') return `${name}: ${format(values.reduce((sum, value) => sum + value, 0))} in total`;
    return `${name}: latest ${format(values.at(-1) ?? 0)}, highest ${format(Math.max(...values))}`;
  });
  return `${label}. ${parts.join('; ')}.`;
}
