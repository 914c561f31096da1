import { Text } from '@mantine/core';
import type { ListedEvent } from '../../api/types.js';
import { ageColumn } from '../../components/age-column.js';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { RowLink } from '../../components/row-link.js';
import { Time } from '../../components/time.js';
import { EventOutcome } from '../../components/event-outcome.js';
import { SearchValues } from '../../components/search-values.js';
import { t } from '../../i18n/t.js';

interface EventColumns {
  withDeliveries: boolean;
  withTenant: boolean;
}

export const eventColumns = ({ withDeliveries, withTenant }: EventColumns): Column<ListedEvent>[] => [
  {
    label: t('Event'),
    width: 'minmax(0, 1fr)',
    cell: ({ id, type, searchValues }) => (
      <>
        <RowLink to="/events/$eventId" params={{ eventId: id }}>
          {type}
        </RowLink>
        <Text size="xs" c="dimmed" truncate component="div">
          {searchValues.length > 0 && (
            <>
              <SearchValues values={searchValues} /> ·{' '}
            </>
          )}
          <Mono>{id}</Mono>
        </Text>
      </>
    ),
  },
  ...(withDeliveries
    ? [
        {
          label: t('Deliveries'),
          width: '176px',
          cell: ({ deliveries }: ListedEvent) => deliveries && <EventOutcome deliveries={deliveries} />,
        },
      ]
    : []),
  ...tenantColumn<ListedEvent>(withTenant),
  { label: t('Occurred'), width: '224px', align: 'end', cell: ({ occurredAt }) => <Time at={occurredAt} /> },
  ageColumn(t('Published'), ({ publishedAt }) => publishedAt),
];
