import { Text } from '@mantine/core';
import type { ListedEvent } from '../../api/types.js';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { RowLink } from '../../components/row-link.js';
import { Time } from '../../components/time.js';
import { t } from '../../i18n/t.js';

export const eventColumns = ({ withTenant }: { withTenant: boolean }): Column<ListedEvent>[] => [
  {
    label: t('Event'),
    width: 'minmax(0, 1fr)',
    cell: ({ id, type }) => (
      <>
        <RowLink to="/events/$eventId" params={{ eventId: id }}>
          {type}
        </RowLink>
        <Text size="xs" c="dimmed" truncate component="div">
          <Mono>{id}</Mono>
        </Text>
      </>
    ),
  },
  ...tenantColumn<ListedEvent>(withTenant),
  { label: t('Occurred'), width: '224px', align: 'end', cell: ({ occurredAt }) => <Time at={occurredAt} /> },
  {
    label: t('Published'),
    width: '124px',
    align: 'end',
    cell: ({ publishedAt }) => <Time at={publishedAt} relative />,
  },
];
