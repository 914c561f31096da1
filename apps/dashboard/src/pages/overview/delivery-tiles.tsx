import {
  formatCount,
  formatDuration,
  formatPercent,
  formatCompactCount,
} from '../../components/format-number.js';
import type { Stats } from './stats.js';
import { Tile } from './tile.js';

/** The totals of a time range. */
export function DeliveryTiles({ total }: { total: Stats['total'] | undefined }) {
  return (
    <>
      <Tile
        label="Success rate"
        metrics={
          total && [
            {
              name: `${formatCompactCount(total.failedAttempts)} of ${formatCompactCount(total.attempts)} attempts failed`,
              value: formatPercent(total.successRate),
            },
          ]
        }
      />
      <Tile
        label="Deliveries"
        metrics={
          total && [
            {
              name: `${formatCompactCount(total.failed)} failed · ${formatCompactCount(total.dropped)} dropped`,
              value: formatCount(total.succeeded + total.failed + total.dropped),
            },
          ]
        }
      />
      <Tile
        label="Response time"
        metrics={
          total &&
          (['p50', 'p95', 'p99'] as const).map((name) => ({
            name,
            value: formatDuration(total.latencyMs[name]),
          }))
        }
      />
    </>
  );
}
