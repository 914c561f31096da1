import { Progress, Text } from '@mantine/core';
import { formatCount } from './format-number.js';

/** The deliveries of a replay or recovery by status. */
export interface Outcomes {
  succeeded: number;
  failed: number;
  dropped: number;
  pending: number;
  /** Pending ones that have failed again. */
  retrying?: number;
}

const PARTS = [
  { key: 'succeeded', label: 'succeeded', color: 'var(--good-fill)' },
  { key: 'failed', label: 'failed', color: 'var(--bad-fill)' },
  { key: 'retrying', label: 'failed again, retry later', color: 'var(--bad-fill)' },
  { key: 'dropped', label: 'dropped', color: 'var(--calm-fill)' },
  { key: 'pending', label: 'pending', color: 'var(--busy-fill)' },
] as const;

/** Shows how many deliveries of a replay or recovery have which outcome. */
export function RunProgress({
  total,
  queued,
  progress,
}: {
  total: number;
  queued: number;
  progress: Outcomes;
}) {
  const retrying = progress.retrying ?? 0;
  const counts = { ...progress, retrying, pending: progress.pending - retrying };
  const finished = counts.succeeded + counts.failed + counts.retrying + counts.dropped;
  const max = Math.max(total, queued, 1);
  return (
    <>
      <Progress.Root size="sm" mb={4}>
        {PARTS.map(({ key, label, color }) => (
          <Progress.Section
            key={key}
            value={(counts[key] / max) * 100}
            color={color}
            aria-label={`${formatCount(counts[key])} of ${formatCount(total)} ${label}`}
          />
        ))}
      </Progress.Root>
      <Text size="xs" c="dimmed">
        {formatCount(finished)} of {formatCount(total)}
        {PARTS.filter(({ key }) => counts[key] > 0).map(
          ({ key, label }) => ` · ${formatCount(counts[key])} ${label}`,
        )}
      </Text>
    </>
  );
}
