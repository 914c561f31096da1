import { Progress, Skeleton, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../../../api/api.js';
import { formatCount } from '../../../components/format-number.js';
import type { ListedReplay, Replay } from './replay.js';

const POLL_MS = 1000;

const PARTS = [
  { key: 'succeeded', label: 'succeeded', color: 'var(--good-fill)' },
  { key: 'failed', label: 'failed', color: 'var(--bad-fill)' },
  { key: 'dropped', label: 'dropped', color: 'var(--calm-fill)' },
  { key: 'pending', label: 'pending', color: 'var(--busy-fill)' },
] as const;

/** Shows the progress of a replay and polls it while it is running. */
export function ReplayProgress({ replay: { id, status, total } }: { replay: ListedReplay }) {
  const { data, error } = api.useQuery(
    'get',
    '/v1/replays/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (isRunning(state.data) ? POLL_MS : false) },
  );
  useRefreshReplays(status === 'running' && data !== undefined && data.status !== 'running');
  if (!data) {
    return error ? <Text size="sm">{formatCount(total)} deliveries</Text> : <Skeleton height={30} />;
  }
  const settled = data.progress.succeeded + data.progress.failed + data.progress.dropped;
  const max = Math.max(total, data.queued, 1);
  return (
    <>
      <Progress.Root size="sm" mb={4}>
        {PARTS.map(({ key, label, color }) => (
          <Progress.Section
            key={key}
            value={(data.progress[key] / max) * 100}
            color={color}
            aria-label={`${formatCount(data.progress[key])} of ${formatCount(total)} ${label}`}
          />
        ))}
      </Progress.Root>
      <Text size="xs" c="dimmed">
        {formatCount(settled)} of {formatCount(total)}
        {PARTS.filter(({ key }) => data.progress[key] > 0).map(
          ({ key, label }) => ` · ${formatCount(data.progress[key])} ${label}`,
        )}
      </Text>
    </>
  );
}

function isRunning(replay: Replay | undefined): boolean {
  return replay?.status === 'running';
}

/** Refetches the list when it still shows a finished replay as running. */
function useRefreshReplays(isStale: boolean): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (isStale) void queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays'] });
  }, [isStale, queryClient]);
}
