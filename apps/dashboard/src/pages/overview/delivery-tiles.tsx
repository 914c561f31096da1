import { countOf, durationOf, shareOf, shortCountOf } from '../../components/format-number.js';
import type { Stats } from './stats.js';
import { Tile } from './tile.js';

/** What became of deliveries in the range. */
export function DeliveryTiles({ total }: { total: Stats['total'] | undefined }) {
  return (
    <>
      <Tile
        label="Success rate"
        figures={
          total && [{ name: `of ${countOf(total.attempts)} attempts`, value: shareOf(total.successRate) }]
        }
      />
      <Tile
        label="Deliveries"
        figures={
          total && [
            {
              name: `${shortCountOf(total.failed)} failed · ${shortCountOf(total.dropped)} dropped`,
              value: countOf(total.succeeded + total.failed + total.dropped),
            },
          ]
        }
      />
      <Tile
        label="Latency of receivers"
        figures={
          total &&
          (['p50', 'p95', 'p99'] as const).map((name) => ({ name, value: durationOf(total.latencyMs[name]) }))
        }
      />
    </>
  );
}
