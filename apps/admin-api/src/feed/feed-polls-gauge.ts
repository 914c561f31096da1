import { Gauge } from '@posthorn/runtime';
import type { FeedDeps } from './deps.js';

/** Registers a gauge of the calls that wait for entries of feeds. */
export function feedPollsGauge({ feedPolls, registry }: Pick<FeedDeps, 'feedPolls' | 'registry'>): void {
  const gauge: Gauge = new Gauge({
    name: 'posthorn_feed_polls',
    help: 'Calls that wait for entries of a feed',
    registers: [registry],
    collect: () => gauge.set(feedPolls.size),
  });
}
