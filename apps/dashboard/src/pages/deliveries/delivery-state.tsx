import { Text } from '@mantine/core';
import type { Delivery } from '../../api/types.js';
import { StatusBadge } from '../../components/status-badge.js';
import { formatRelativeTime } from '../../components/format-time.js';
import { useNow } from '../../search/use-now.js';
import { reasonLabels } from './delivery-labels.js';

const EVERY_MS = 5000;

/** The state of a delivery in a list, and a few words on it. */
export function DeliveryState({ delivery }: { delivery: Delivery }) {
  const now = useNow(EVERY_MS);
  const words = statusNote(delivery, now);
  return (
    <>
      <StatusBadge status={delivery.status} />
      {words !== null && (
        <Text size="xs" c="dimmed" truncate>
          {words}
        </Text>
      )}
    </>
  );
}

function statusNote(delivery: Delivery, nowMs: number): string | null {
  const { status, held, attemptCount, nextAttemptAt } = delivery;
  if (status !== 'pending') return reasonLabels(delivery)?.brief ?? null;
  if (held) return 'Waits for room';
  if (nextAttemptAt === null || attemptCount === 0) return null;
  const next = new Date(nextAttemptAt);
  return `Retry ${next.getTime() <= nowMs ? 'due now' : formatRelativeTime(next, nowMs)}`;
}
