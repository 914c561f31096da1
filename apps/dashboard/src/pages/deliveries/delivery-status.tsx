import { Text } from '@mantine/core';
import type { Delivery } from '../../api/types.js';
import { formatRelativeTime } from '../../components/format-time.js';
import { heldLabel } from '../../components/held-label.js';
import { StatusBadge } from '../../components/status-badge.js';
import { useNow } from '../../search/use-now.js';
import { reasonLabels } from './delivery-labels.js';
import { t } from '../../i18n/t.js';

const REFRESH_MS = 5000;

/** The status of a delivery in a list, with a short note. */
export function DeliveryStatus({ delivery }: { delivery: Delivery }) {
  const now = useNow(REFRESH_MS);
  const note = statusNote(delivery, now);
  return (
    <>
      <StatusBadge status={delivery.status} />
      {note !== null && (
        <Text size="xs" c="dimmed" truncate>
          {note}
        </Text>
      )}
    </>
  );
}

function statusNote(delivery: Delivery, nowMs: number): string | null {
  const { status, held, attemptCount, nextAttemptAt } = delivery;
  if (status !== 'pending') return reasonLabels(delivery)?.label ?? null;
  if (held) return heldLabel(delivery);
  if (nextAttemptAt === null || attemptCount === 0) return null;
  const next = new Date(nextAttemptAt);
  return next.getTime() <= nowMs
    ? t('Retry due now')
    : t('Retry {{when}}', { when: formatRelativeTime(next, nowMs) });
}
