import { Text } from '@mantine/core';
import type { Delivery } from '../../api/types.js';
import { StatusBadge } from '../../components/status-badge.js';
import { useNow } from '../../search/use-now.js';
import { heldLabel, reasonLabels } from './delivery-labels.js';
import { formatRemaining } from './format-remaining.js';
import { t } from '../../i18n/t.js';

/** The status of a delivery in a list, with a short note. */
export function DeliveryStatus({ delivery }: { delivery: Delivery }) {
  return (
    <>
      <StatusBadge status={delivery.status} />
      <Text size="xs" c="dimmed" truncate>
        <StatusNote delivery={delivery} />
      </Text>
    </>
  );
}

function StatusNote({ delivery }: { delivery: Delivery }) {
  const { status, held, attemptCount, nextAttemptAt, waitsFor } = delivery;
  if (status !== 'pending') return reasonLabels(delivery)?.label;
  if (waitsFor !== null) return t('Waits for an earlier delivery');
  if (held) return heldLabel(delivery);
  if (nextAttemptAt === null || attemptCount === 0) return null;
  return <NextAttempt atMs={Date.parse(nextAttemptAt)} />;
}

/** Counts down to the next attempt. */
function NextAttempt({ atMs }: { atMs: number }) {
  const remaining = formatRemaining(atMs - useNow(1000));
  return remaining === null ? t('Next attempt due') : t('Next attempt in {{remaining}}', { remaining });
}
