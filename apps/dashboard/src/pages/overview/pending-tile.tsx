import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { PendingData } from './overview-data.js';
import { Tile } from './tile.js';

const HELD = { rateLimit: 'held: rate limit', paused: 'held: paused', window: 'held: capacity' } as const;

/** Pending deliveries: queued, retrying, and held by reason. */
export function PendingTile({
  pending,
  webhookId,
}: {
  pending: PendingData | undefined;
  webhookId?: string;
}) {
  return <Tile label="Pending deliveries" metrics={pending && metricsOf(pending, webhookId)} />;
}

function metricsOf({ queued, retrying, held, isComplete }: PendingData, webhookId: string | undefined) {
  const format = (count: number) => `${formatCount(count)}${isComplete ? '' : '+'}`;
  const link = (name: string) => (
    <TextLink to="/deliveries" search={{ status: 'pending', webhookId }} inherit>
      {name}
    </TextLink>
  );
  const reasons = (['rateLimit', 'paused', 'window'] as const).flatMap((reason) => {
    const count = held[reason];
    return count ? [{ name: HELD[reason], value: format(count) }] : [];
  });
  return [
    { name: 'queued', value: format(queued), link },
    { name: 'retrying', value: format(retrying), link },
    ...(reasons.length > 0 ? reasons : [{ name: 'held', value: format(held.total) }]),
  ];
}
