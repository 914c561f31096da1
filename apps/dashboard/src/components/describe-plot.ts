import type { PlotProps } from './plot-props.js';
import { t } from '../i18n/t.js';

/** Summarizes a plot for screen readers: the total of each bar series, the latest and highest value of each line. */
export function describePlot({ label, kind, points, series, format }: Omit<PlotProps, 'height'>): string {
  const parts = series.map(({ key, label: name }) => {
    const values = points.map((point) => point[key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return t('{{name}}: no data', { name });
    if (kind === 'bars')
      return t('{{name}}: {{sum}} in total', {
        name,
        sum: format(values.reduce((sum, value) => sum + value, 0)),
      });
    return t('{{name}}: latest {{latest}}, highest {{highest}}', {
      name,
      latest: format(values.at(-1) ?? 0),
      highest: format(Math.max(...values)),
    });
  });
  return `${label}. ${parts.join('; ')}.`;
}
