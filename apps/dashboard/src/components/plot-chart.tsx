import { BarChart, LineChart, type BarChartProps } from '@mantine/charts';
import '@mantine/charts/styles.layer.css';
import '../theme/mantine-color-swatch.css';
import { locale } from '../i18n/t.js';
import type { StatsInterval } from '../search/time-range.js';
import type { PlotPoint, PlotProps } from './plot-props.js';

const TICKS: Record<StatsInterval, Intl.DateTimeFormat> = {
  minute: new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }),
  hour: new Intl.DateTimeFormat(locale(), { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric' }),
};

/** The chart is hidden from screen readers, so it must not receive keyboard focus. */
const NOT_FOCUSABLE = { accessibilityLayer: false };

/** The visible part of a Plot. */
export default function PlotChart({ kind, points, series, interval, format, height }: PlotProps) {
  const shared = {
    h: height,
    data: [...points],
    dataKey: 'time',
    series: series.map(({ key, label, color }) => ({ name: key, label, color })),
    valueFormatter: format,
    withLegend: true,
    // Keeps the order of the series.
    legendProps: { verticalAlign: 'top', height: 36, itemSorter: null },
    gridAxis: 'x',
    gridColor: 'var(--line)',
    tickLine: 'none',
    strokeDasharray: '0',
    xAxisProps: {
      tickFormatter: (time: string) => TICKS[interval].format(new Date(time)),
      minTickGap: 48,
      interval: 'preserveStartEnd',
    },
    yAxisProps: { width: 56, allowDecimals: false },
    tooltipAnimationDuration: 0,
    tooltipProps: {
      labelFormatter: (time) => (typeof time === 'string' ? TICKS[interval].format(new Date(time)) : null),
    },
  } satisfies Partial<BarChartProps>;
  return kind === 'bars' ? (
    <BarChart
      {...shared}
      type="stacked"
      barChartProps={NOT_FOCUSABLE}
      barProps={{ isAnimationActive: false }}
      maxBarWidth={24}
    />
  ) : (
    <LineChart
      {...shared}
      curveType="monotone"
      withDots={isSparse(points, series)}
      dotProps={{ r: 2 }}
      strokeWidth={2}
      connectNulls={false}
      lineChartProps={NOT_FOCUSABLE}
      lineProps={{ isAnimationActive: false }}
    />
  );
}

/** Returns whether no two adjacent points have values, so that no line would be visible without dots. */
function isSparse(points: readonly PlotPoint[], series: PlotProps['series']): boolean {
  const hasValue = (index: number) => series.some(({ key }) => typeof points[index]?.[key] === 'number');
  return !points.some((_, index) => hasValue(index) && hasValue(index + 1));
}
