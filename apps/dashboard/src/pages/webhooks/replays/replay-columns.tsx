import { Text } from '@mantine/core';
import type { Column } from '../../../components/data-table.js';
import { RunStatus } from '../../../components/run-status.js';
import { statusLabel } from '../../../components/status-badge.js';
import { Time } from '../../../components/time.js';
import { CancelReplay } from './cancel-replay.js';
import { ReplayProgress } from './replay-progress.js';
import type { ListedReplay } from './replay.js';
import { t } from '../../../i18n/t.js';

export function replayColumns({ canCancel }: { canCancel: boolean }): Column<ListedReplay>[] {
  return [
    { label: t('Scope'), width: 'minmax(0, 1.2fr)', cell: (replay) => <ReplayScope replay={replay} /> },
    {
      label: t('Status'),
      width: '176px',
      cell: ({ status, failed }) => <RunStatus status={status} failed={failed} />,
    },
    { label: t('Progress'), width: 'minmax(0, 1.4fr)', cell: (replay) => <ReplayProgress replay={replay} /> },
    {
      label: t('Started'),
      width: '112px',
      align: 'end',
      cell: ({ createdAt }) => <Time at={createdAt} relative />,
    },
    ...(canCancel
      ? [
          {
            label: t('Action'),
            width: '80px',
            align: 'end' as const,
            cell: (replay: ListedReplay) =>
              replay.status === 'running' && <CancelReplay replayId={replay.id} />,
          },
        ]
      : []),
  ];
}

function ReplayScope({ replay: { from, to, statuses, eventTypes } }: { replay: ListedReplay }) {
  const filters = [
    statuses === null ? t('Any status') : statuses.map(statusLabel).join(', '),
    ...(eventTypes ?? []),
  ];
  return (
    <>
      <div>
        <Time at={from} /> – <Time at={to} />
      </div>
      <Text size="xs" c="dimmed">
        {filters.join(' · ')}
      </Text>
    </>
  );
}
