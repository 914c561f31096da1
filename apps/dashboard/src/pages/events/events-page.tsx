import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { ExportButton } from '../../components/export/export-button.js';
import { FilterBar } from '../../components/filter-bar.js';
import { Page } from '../../components/page.js';
import { RefreshButton } from '../../components/refresh-button.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { toTimeBounds, useListRange } from '../../search/use-list-range.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { EventTypeFilter } from '../event-types/event-type-filter.js';
import { eventColumns } from './event-columns.js';
import { PublishButton } from './publish-button.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/events/');

export function EventsPage() {
  const search = route.useSearch();
  const { eventType: type } = search;
  const range = useListRange(search);
  const query = { limit: PAGE_SIZE, type, tenantId: useListedTenant(), ...toTimeBounds(range) };
  const events = api.useInfiniteQuery('get', '/v1/events', { params: { query } }, PAGINATION);
  const canPublish = useCan('events:write');

  return (
    <Page
      title={t('Events')}
      description={t('Published events, newest first.')}
      actions={canPublish && <PublishButton />}
    >
      <FilterBar params={['eventType', 'range', 'from', 'to']}>
        <EventTypeFilter />
        <TimeRangePicker range={range} clearable />
        <RefreshButton path="/v1/events" />
        <ExportButton path="/v1/events" query={query} name="events" />
      </FilterBar>
      <DataTable
        label={t('Events')}
        columns={eventColumns({ withDeliveries: useCan('deliveries:read'), withTenant: useShowsTenants() })}
        list={events}
        empty={
          type !== undefined || range !== null ? (
            <EmptyState title={t('No events match these filters')}>
              {t('Clear some filters to see more events.')}
            </EmptyState>
          ) : (
            <EmptyState title={t('No events yet')}>
              {canPublish ? (
                <>
                  Publish an event with <code>POST /v1/events</code>. It is delivered to every active webhook
                  that subscribes to its type.
                </>
              ) : (
                t(
                  'Events appear here when they are published. Each is delivered to every active webhook that subscribes to its type.',
                )
              )}
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
