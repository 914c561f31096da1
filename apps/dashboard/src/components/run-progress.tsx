import { Progress, Text } from '@mantine/core';
import { outcomeCount } from './outcome-text.js';
import { t } from '../i18n/t.js';

/** The deliveries of a replay or recovery by status. */
interface Outcomes {
  succeeded: number;
  failed: number;
  dropped: number;
  pending: number;
  /** Pending ones that have failed again. */
  retrying?: number;
}

const PARTS = [
  { key: 'succeeded', color: 'var(--good-fill)' },
  { key: 'failed', color: 'var(--bad-fill)' },
  { key: 'retrying', color: 'var(--bad-fill)' },
  { key: 'dropped', color: 'var(--calm-fill)' },
  { key: 'pending', color: 'var(--busy-fill)' },
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
        {PARTS.filter(({ key }) => counts[key] > 0).map(({ key, color }) => (
          <Progress.Section
            key={key}
            value={(counts[key] / max) * 100}
            color={color}
            aria-label={outcomeCount(key, counts[key])}
          />
        ))}
      </Progress.Root>
      <Text size="xs" c="dimmed">
        {t('{{finished, number}} of {{total, number}}', { finished, total })}
        {PARTS.filter(({ key }) => counts[key] > 0).map(({ key }) => ` · ${outcomeCount(key, counts[key])}`)}
      </Text>
    </>
  );
}
