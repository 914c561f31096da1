import { Skeleton } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { Plot } from '../../components/plot.js';
import type { StatsInterval } from '../../search/time-range.js';
import { outcomePoints, PLOT_HEIGHT, type Stats } from './stats.js';
import { t } from '../../i18n/t.js';

const TITLES: Record<StatsInterval, string> = {
  minute: t('Deliveries per minute'),
  hour: t('Deliveries per hour'),
  day: t('Deliveries per day'),
};

interface OutcomePanelProps {
  /** Undefined while loading. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

const OUTCOMES = [
  { key: 'succeeded', label: t('Succeeded'), color: 'var(--good-fill)' },
  { key: 'failed', label: t('Failed'), color: 'var(--bad-fill)' },
  { key: 'dropped', label: t('Dropped'), color: 'var(--calm-fill)' },
];

/** Deliveries by outcome over time. */
export function OutcomePanel({ stats, interval }: OutcomePanelProps) {
  const title = TITLES[interval];
  return (
    <Panel title={title} description={t('By outcome')}>
      {stats ? (
        <Plot
          label={title}
          kind="bars"
          points={outcomePoints(stats)}
          interval={interval}
          format={formatCount}
          series={OUTCOMES}
          height={PLOT_HEIGHT}
        />
      ) : (
        <Skeleton height={PLOT_HEIGHT} />
      )}
    </Panel>
  );
}
