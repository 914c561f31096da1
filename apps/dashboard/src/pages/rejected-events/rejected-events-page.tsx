import { Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { CircleX } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import type { RejectedEvent } from '../../api/types.js';
import { ageColumn } from '../../components/age-column.js';
import { Badge } from '../../components/badge.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { Page } from '../../components/page.js';
import { RefreshButton } from '../../components/refresh-button.js';
import { RowLink } from '../../components/row-link.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { toTimeBounds, useListRange } from '../../search/use-list-range.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { rejectionLabel, sourceLabel } from './rejected-event-labels.js';

const route = getRouteApi('/_app/rejected-events/');

export function RejectedEventsPage() {
  const range = useListRange(route.useSearch());
  const query = { limit: PAGE_SIZE, tenantId: useListedTenant(), ...toTimeBounds(range) };
  const list = api.useInfiniteQuery('get', '/v1/rejected-events', { params: { query } }, PAGINATION);
  return (
    <Page title="Rejected events" description="Events pushed to Redis that could not be accepted.">
      <FilterBar params={['range', 'from', 'to']}>
        <TimeRangePicker range={range} clearable />
        <RefreshButton path="/v1/rejected-events" />
      </FilterBar>
      <DataTable
        label="Rejected events"
        columns={columns({ withTenant: useShowsTenants() })}
        list={list}
        empty={
          range === null ? (
            <EmptyState title="No rejected events">
              An invalid event pushed to Redis appears here with its reason. It does not block other events.
            </EmptyState>
          ) : (
            <EmptyState title="No rejected events in this time range">Select a longer time range.</EmptyState>
          )
        }
      />
    </Page>
  );
}

const columns = ({ withTenant }: { withTenant: boolean }): Column<RejectedEvent>[] => [
  {
    label: 'Message',
    width: 'minmax(0, 1fr)',
    cell: ({ id, message }) => (
      <RowLink to="/rejected-events/$rejectedEventId" params={{ rejectedEventId: id }}>
        {message}
      </RowLink>
    ),
  },
  ...tenantColumn<RejectedEvent>(withTenant),
  {
    label: 'Reason',
    width: '180px',
    cell: ({ code }) => <Badge tone="bad" icon={CircleX} label={rejectionLabel(code)} />,
  },
  {
    label: 'Source',
    width: '120px',
    cell: ({ source }) => <Text size="sm">{sourceLabel(source)}</Text>,
  },
  ageColumn('Rejected', ({ createdAt }) => createdAt),
];
