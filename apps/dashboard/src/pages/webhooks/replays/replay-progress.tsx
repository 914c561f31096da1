import { Skeleton, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../../../api/api.js';
import { RunProgress } from '../../../components/run-progress.js';
import type { ListedReplay, Replay } from './replay.js';
import { t } from '../../../i18n/t.js';

const POLL_MS = 1000;

/** Shows the progress of a replay and polls it while it is running. */
export function ReplayProgress({
  replay: { id, status, total },
}: {
  replay: Pick<ListedReplay, 'id' | 'status' | 'total'>;
}) {
  const { data, error } = api.useQuery(
    'get',
    '/v1/replays/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (isRunning(state.data) ? POLL_MS : false) },
  );
  useRefreshReplays(status === 'running' && data !== undefined && data.status !== 'running');
  if (!data) {
    return error ? (
      <Text size="sm">{t('{{count, number}} deliveries', { count: total })}</Text>
    ) : (
      <Skeleton height={30} />
    );
  }
  return <RunProgress total={total} queued={data.queued} progress={data.progress} />;
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
