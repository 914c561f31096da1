import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { PendingData } from './overview-data.js';
import { Tile } from './tile.js';
import { t } from '../../i18n/t.js';

const HELD = {
  accessToken: t('held: access token'),
  rateLimit: t('held: rate limit'),
  paused: t('held: paused'),
  window: t('held: capacity'),
} as const;

/** Pending deliveries: queued, retrying, and held by reason. */
export function PendingTile({
  pending,
  webhookId,
  tenantId,
}: {
  pending: PendingData | undefined;
  webhookId?: string;
  /** The tenant of the lists. Absent: the one that the page shows. */
  tenantId?: string;
}) {
  const filter = { webhookId, ...(tenantId !== undefined && { tenant: tenantId }) };
  return <Tile label={t('Pending deliveries')} metrics={pending && metricsOf(pending, filter)} />;
}

interface DeliveryFilter {
  webhookId: string | undefined;
  tenant?: string;
}

function metricsOf({ queued, retrying, held, isComplete }: PendingData, filter: DeliveryFilter) {
  const format = (count: number) => `${formatCount(count)}${isComplete ? '' : '+'}`;
  const linkTo = (status: 'pending' | 'retrying' | 'held') => (name: string) => (
    <TextLink to="/deliveries" search={{ status, ...filter }} inherit>
      {name}
    </TextLink>
  );
  const reasons = (['accessToken', 'rateLimit', 'paused', 'window'] as const).flatMap((reason) => {
    const count = held[reason];
    return count ? [{ name: HELD[reason], value: format(count), link: linkTo('held') }] : [];
  });
  return [
    { name: t('waiting'), value: format(queued), link: linkTo('pending') },
    { name: t('retrying'), value: format(retrying), link: linkTo('retrying') },
    ...(reasons.length > 0
      ? reasons
      : [{ name: t('held'), value: format(held.total), link: linkTo('held') }]),
  ];
}
