import { SimpleGrid, Skeleton } from '@mantine/core';
import { countOf, durationOf } from '../../../pieces/count-text.js';
import { Panel } from '../../../pieces/panel.js';
import { Plot } from '../../../pieces/plot.js';
import type { StatsInterval } from '../../../search/time-range.js';
import { latencyPoints, outcomePoints, type Stats } from '../../overview/stats.js';

interface DeliveryPlotsProps {
  /** Undefined: not known yet. */
  stats: Stats | undefined;
  interval: StatsInterval;
}

const HEIGHT = 220;

const OUTCOMES = [
  { key: 'succeeded', label: 'Succeeded', color: 'var(--good-fill)' },
  { key: 'failed', label: 'Failed', color: 'var(--bad-fill)' },
  { key: 'dropped', label: 'Dropped', color: 'var(--calm-fill)' },
];

const PERCENTILES = [
  { key: 'p50', label: 'p50', color: 'var(--busy-fill)' },
  { key: 'p95', label: 'p95', color: 'var(--warn-fill)' },
  { key: 'p99', label: 'p99', color: 'var(--bad-fill)' },
];

export function DeliveryPlots({ stats, interval }: DeliveryPlotsProps) {
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Panel title={`Deliveries per ${interval}`} description="By what became of them">
        {stats ? (
          <Plot
            label={`Deliveries per ${interval}`}
            kind="bars"
            points={outcomePoints(stats)}
            interval={interval}
            format={countOf}
            series={OUTCOMES}
            height={HEIGHT}
          />
        ) : (
          <Skeleton height={HEIGHT} />
        )}
      </Panel>
      <Panel title="Latency" description="How long the receiver took to answer">
        {stats ? (
          <Plot
            label="Latency of the receiver"
            kind="lines"
            points={latencyPoints(stats)}
            interval={interval}
            format={durationOf}
            series={PERCENTILES}
            height={HEIGHT}
          />
        ) : (
          <Skeleton height={HEIGHT} />
        )}
      </Panel>
    </SimpleGrid>
  );
}
