import { Skeleton } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { Plot } from '../../components/plot.js';
import type { StatsInterval } from '../../search/time-range.js';
import { attemptPoints, PLOT_HEIGHT, type Stats } from './stats.js';
import { t } from '../../i18n/t.js';

const TITLES: Record<StatsInterval, string> = {
  minute: t('Attempts per minute'),
  hour: t('Attempts per hour'),
  day: t('Attempts per day'),
};

interface AttemptsPanelProps {
  /** Undefined while loading. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

const RESULTS = [
  { key: 'succeeded', label: t('Succeeded'), color: 'var(--good-fill)' },
  { key: 'failed', label: t('Failed'), color: 'var(--bad-fill)' },
];

/** Attempts by result over time. A failed one shows at once, also if its delivery is retried. */
export function AttemptsPanel({ stats, interval }: AttemptsPanelProps) {
  const title = TITLES[interval];
  return (
    <Panel title={title} description={t('Requests, including retries')}>
      {stats ? (
        <Plot
          label={title}
          kind="bars"
          points={attemptPoints(stats)}
          interval={interval}
          format={formatCount}
          series={RESULTS}
          height={PLOT_HEIGHT}
        />
      ) : (
        <Skeleton height={PLOT_HEIGHT} />
      )}
    </Panel>
  );
}
