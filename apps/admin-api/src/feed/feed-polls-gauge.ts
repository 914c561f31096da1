import { Gauge, type Registry } from '@posthorn/runtime';
import type { FeedPolls } from './feed-polls.js';

export interface FeedPollsGaugeDeps {
  feedPolls: Pick<FeedPolls, 'size'>;
  registry: Registry;
}

/** Registers a gauge of the calls that wait for entries of feeds. */
export function feedPollsGauge({ feedPolls, registry }: FeedPollsGaugeDeps): void {
  const gauge: Gauge = new Gauge({
    name: 'posthorn_feed_polls',
    help: 'Calls that wait for entries of a feed',
    registers: [registry],
    collect: () => gauge.set(feedPolls.size),
  });
}
