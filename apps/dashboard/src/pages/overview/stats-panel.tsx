import { Skeleton } from '@mantine/core';
import { formatCount, formatDuration } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import type { PlotPoint, PlotProps } from '../../components/plot-props.js';
import { Plot } from '../../components/plot.js';
import type { StatsInterval } from '../../search/time-range.js';
import { attemptPoints, latencyPoints, outcomePoints, type Stats } from './stats.js';
import { t } from '../../i18n/t.js';

const PLOT_HEIGHT = 220;

const SUCCEEDED = { key: 'succeeded', label: t('Succeeded'), color: 'var(--good-fill)' };
const FAILED = { key: 'failed', label: t('Failed'), color: 'var(--bad-fill)' };

interface Metric extends Pick<PlotProps, 'kind' | 'series' | 'format'> {
  titles: Record<StatsInterval, string>;
  description: string;
  pointsOf: (stats: Stats) => PlotPoint[];
}

const METRICS = {
  /** A failed one shows at once, also if its delivery is retried. */
  attempts: {
    titles: {
      minute: t('Attempts per minute'),
      hour: t('Attempts per hour'),
      day: t('Attempts per day'),
    },
    description: t('Requests, including retries'),
    pointsOf: attemptPoints,
    kind: 'bars',
    series: [SUCCEEDED, FAILED],
    format: formatCount,
  },
  outcomes: {
    titles: {
      minute: t('Deliveries per minute'),
      hour: t('Deliveries per hour'),
      day: t('Deliveries per day'),
    },
    description: t('By outcome'),
    pointsOf: outcomePoints,
    kind: 'bars',
    series: [SUCCEEDED, FAILED, { key: 'dropped', label: t('Dropped'), color: 'var(--calm-fill)' }],
    format: formatCount,
  },
  latency: {
    titles: {
      minute: t('Response time per minute'),
      hour: t('Response time per hour'),
      day: t('Response time per day'),
    },
    description: t(
      'Percentiles of the time from connecting to the end of the response, of attempts with a response',
    ),
    pointsOf: latencyPoints,
    kind: 'lines',
    series: [
      { key: 'p50', label: 'p50', color: 'var(--busy-fill)' },
      { key: 'p95', label: 'p95', color: 'var(--warn-fill)' },
      { key: 'p99', label: 'p99', color: 'var(--bad-fill)' },
    ],
    format: formatDuration,
  },
} satisfies Record<string, Metric>;

interface StatsPanelProps {
  metric: keyof typeof METRICS;
  /** Undefined while loading. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

/** A metric over time. */
export function StatsPanel({ metric, stats, interval }: StatsPanelProps) {
  const { titles, description, pointsOf, ...plot } = METRICS[metric];
  const title = titles[interval];
  return (
    <Panel title={title} description={description}>
      {stats ? (
        <Plot {...plot} label={title} points={pointsOf(stats)} interval={interval} height={PLOT_HEIGHT} />
      ) : (
        <Skeleton height={PLOT_HEIGHT} />
      )}
    </Panel>
  );
}
