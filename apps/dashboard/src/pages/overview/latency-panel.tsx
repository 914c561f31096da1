import { Skeleton } from '@mantine/core';
import { formatDuration } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { Plot } from '../../components/plot.js';
import type { StatsInterval } from '../../search/time-range.js';
import { latencyPoints, PLOT_HEIGHT, type Stats } from './stats.js';
import { t } from '../../i18n/t.js';

const TITLES: Record<StatsInterval, string> = {
  minute: t('Response time per minute'),
  hour: t('Response time per hour'),
  day: t('Response time per day'),
};

interface LatencyPanelProps {
  /** Undefined while loading. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

const PERCENTILES = [
  { key: 'p50', label: 'p50', color: 'var(--busy-fill)' },
  { key: 'p95', label: 'p95', color: 'var(--warn-fill)' },
  { key: 'p99', label: 'p99', color: 'var(--bad-fill)' },
];

/** Percentiles of the response time over time. */
export function LatencyPanel({ stats, interval }: LatencyPanelProps) {
  const title = TITLES[interval];
  return (
    <Panel
      title={title}
      description={t(
        'Percentiles of the time from connecting to the end of the response, of attempts with a response',
      )}
    >
      {stats ? (
        <Plot
          label={title}
          kind="lines"
          points={latencyPoints(stats)}
          interval={interval}
          format={formatDuration}
          series={PERCENTILES}
          height={PLOT_HEIGHT}
        />
      ) : (
        <Skeleton height={PLOT_HEIGHT} />
      )}
    </Panel>
  );
}
