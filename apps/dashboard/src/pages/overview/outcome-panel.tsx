import { Skeleton } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { Panel } from '../../components/panel.js';
import { Plot } from '../../components/plot.js';
import type { StatsInterval } from '../../search/time-range.js';
import { outcomePoints, PLOT_HEIGHT, type Stats } from './stats.js';

interface OutcomePanelProps {
  /** Undefined while loading. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

const OUTCOMES = [
  { key: 'succeeded', label: 'Succeeded', color: 'var(--good-fill)' },
  { key: 'failed', label: 'Failed', color: 'var(--bad-fill)' },
  { key: 'dropped', label: 'Dropped', color: 'var(--calm-fill)' },
];

/** Deliveries by outcome over time. */
export function OutcomePanel({ stats, interval }: OutcomePanelProps) {
  const title = `Deliveries per ${interval}`;
  return (
    <Panel title={title} description="By outcome">
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
