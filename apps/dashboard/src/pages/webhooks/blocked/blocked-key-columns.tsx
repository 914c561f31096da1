import { Group, Text } from '@mantine/core';
import type { Column } from '../../../components/data-table.js';
import { formatCount } from '../../../components/format-number.js';
import { LastResult } from '../../../components/last-result.js';
import { RowLink } from '../../../components/row-link.js';
import { Time } from '../../../components/time.js';
import { SkipButton } from '../../deliveries/skip-button.js';
import type { BlockedKeyRow } from './blocked-key.js';
import { formatBlockedCount } from './format-blocked-count.js';
import { RetryNowButton } from './retry-now-button.js';
import { t } from '../../../i18n/t.js';

export function blockedKeyColumns({ canRetry }: { canRetry: boolean }): Column<BlockedKeyRow>[] {
  return [
    { label: t('Key'), width: 'minmax(0, 1.3fr)', cell: (row) => <Key row={row} /> },
    {
      label: t('Blocked since'),
      width: '124px',
      cell: ({ blockedSince }) => <Time at={blockedSince} relative />,
    },
    {
      label: t('Last result'),
      width: '92px',
      cell: (row) => (
        <Text size="sm" truncate>
          <LastResult result={row} />
        </Text>
      ),
    },
    {
      label: t('Attempts'),
      width: '64px',
      align: 'end',
      cell: ({ attemptCount }) => formatCount(attemptCount),
    },
    {
      label: t('Waiting deliveries'),
      width: '80px',
      align: 'end',
      cell: ({ waiting }) => formatBlockedCount(waiting),
    },
    {
      label: t('Next attempt'),
      width: '124px',
      align: 'end',
      cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} relative />,
    },
    ...(canRetry
      ? [
          {
            label: t('Action'),
            width: '220px',
            align: 'end' as const,
            cell: (row: BlockedKeyRow) => <Actions row={row} />,
          },
        ]
      : []),
  ];
}

function Key({ row: { id, orderingKey, eventType } }: { row: BlockedKeyRow }) {
  return (
    <>
      <RowLink to="/deliveries/$deliveryId" params={{ deliveryId: id }}>
        {orderingKey ?? t('All events')}
      </RowLink>
      <Text size="xs" c="dimmed" truncate>
        {eventType ?? t('Expired event')}
      </Text>
    </>
  );
}

function Actions({ row: { id, waiting } }: { row: BlockedKeyRow }) {
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <RetryNowButton deliveryId={id} />
      <SkipButton
        deliveryId={id}
        waiting={formatBlockedCount(waiting)}
        button={{ size: 'compact-sm', variant: 'default' }}
      />
    </Group>
  );
}
