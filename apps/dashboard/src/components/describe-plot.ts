import type { PlotProps } from './plot-props.js';

/** A plot in words: of bars the sums, of lines the last and the highest value. */
export function describePlot({ label, kind, points, series, format }: Omit<PlotProps, 'height'>): string {
  const parts = series.map(({ key, label: name }) => {
    const values = points.map((point) => point[key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return `${name}: nothing`;
    if (kind === 'bars') return `${name}: ${format(values.reduce((sum, value) => sum + value, 0))} in all`;
    return `${name}: ${format(values.at(-1) ?? 0)} at last, ${format(Math.max(...values))} at most`;
  });
  return `${label}. ${parts.join('; ')}.`;
}
