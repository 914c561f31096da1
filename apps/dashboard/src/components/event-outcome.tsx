import { Text } from '@mantine/core';
import type { ListedEvent } from '../api/types.js';
import { formatCount } from './format-number.js';
import { outcomeCount } from './outcome-text.js';
import { t } from '../i18n/t.js';

type Deliveries = NonNullable<ListedEvent['deliveries']>;

/** The API counts no more. */
const MAX_COUNTED = 1000;

/** How many deliveries of an event succeeded, and how many of the others are in which status. */
export function EventOutcome({ deliveries }: { deliveries: Deliveries }) {
  const others = otherStatuses(deliveries);
  return (
    <>
      <Text size="sm" c={deliveries.failed > 0 ? 'var(--bad)' : undefined} truncate>
        {outcomeText(deliveries)}
      </Text>
      {others !== '' && (
        <Text size="xs" c="dimmed" truncate>
          {others}
        </Text>
      )}
    </>
  );
}

/** `2 of 3 delivered`. Those in feeds are not sent. */
export function outcomeText({ total, succeeded, available }: Deliveries): string {
  if (total === 0) return t('No webhook matched');
  if (total === available) return outcomeCount('available', available);
  return t('{{succeeded}} of {{total}} delivered', {
    succeeded: formatCount(succeeded),
    total: `${formatCount(total - available)}${total < MAX_COUNTED ? '' : '+'}`,
  });
}

/** `1 failed · 2 pending` */
function otherStatuses({ total, failed, pending, dropped, available }: Deliveries): string {
  return [
    failed > 0 && outcomeCount('failed', failed),
    pending > 0 && outcomeCount('pending', pending),
    dropped > 0 && outcomeCount('dropped', dropped),
    available > 0 && available < total && outcomeCount('available', available),
  ]
    .filter(Boolean)
    .join(' · ');
}
