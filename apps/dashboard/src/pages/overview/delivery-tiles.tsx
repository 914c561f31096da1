import {
  formatCount,
  formatDuration,
  formatPercent,
  formatCompactCount,
} from '../../components/format-number.js';
import type { Stats } from './stats.js';
import { Tile } from './tile.js';
import { t } from '../../i18n/t.js';

/** The totals of a time range. */
export function DeliveryTiles({ total }: { total: Stats['total'] | undefined }) {
  return (
    <>
      <Tile
        label={t('Success rate')}
        metrics={
          total && [
            {
              name: t('{{failed}} of {{total}} attempts failed', {
                failed: formatCompactCount(total.failedAttempts),
                total: formatCompactCount(total.attempts),
              }),
              value: formatPercent(total.successRate),
            },
          ]
        }
      />
      <Tile
        label={t('Deliveries')}
        metrics={
          total && [
            {
              name: t('{{failed}} failed · {{dropped}} dropped', {
                failed: formatCompactCount(total.failed),
                dropped: formatCompactCount(total.dropped),
              }),
              value: formatCount(total.succeeded + total.failed + total.dropped),
            },
          ]
        }
      />
      <Tile
        label={t('Response time')}
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
