import { History } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import type { Delivery } from '../../api/types.js';
import { DataTable, type Pages } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSelect } from '../../components/filter-select.js';
import { LinkButton } from '../../components/link-button.js';
import { RefreshButton } from '../../components/refresh-button.js';
import { statusLabel } from '../../components/status-badge.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { toTimeBounds, useListRange } from '../../search/use-list-range.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { EventTypeFilter } from '../event-types/event-type-filter.js';
import { deliveryColumns } from './delivery-columns.js';
import type { DeliverySearch } from './delivery-search.js';
import { SelectionBar } from './selection-bar.js';
import { useSelection } from './use-selection.js';
import { WebhookFilter } from './webhook-filter.js';

interface DeliveryListProps {
  /** Of a route whose `validateSearch` is `deliverySearch`. */
  search: DeliverySearch;
  /** Only those of this webhook. */
  ofWebhook?: string;
}

const STATUSES = (['pending', 'succeeded', 'failed', 'dropped'] as const).map((value) => ({
  value,
  label: statusLabel(value),
}));

/** Deliveries, newest first: their filters, the list, and what can be done with many of them. */
export function DeliveryList({ search, ofWebhook }: DeliveryListProps) {
  const { status, eventType } = search;
  const webhookId = ofWebhook ?? search.webhookId;
  const tenantId = useTenantId();
  const range = useListRange(search);
  const bounds = toTimeBounds(range);
  const query = {
    limit: PAGE_SIZE,
    webhookId,
    status,
    eventType,
    // A webhook says itself whose it is.
    ...(ofWebhook === undefined && { tenantId }),
    ...bounds,
  };
  const list = api.useInfiniteQuery('get', '/v1/deliveries', { params: { query } }, PAGINATION);
  const isFiltered = Boolean(status ?? eventType ?? search.webhookId ?? range);
  const mayRetry = useCan('deliveries:write');

  return (
    <>
      <FilterBar
        params={[
          'status',
          'eventType',
          'range',
          'from',
          'to',
          ...(ofWebhook === undefined ? ['webhookId'] : []),
        ]}
      >
        {ofWebhook === undefined && <WebhookFilter webhookId={webhookId} />}
        <FilterSelect param="status" label="State" placeholder="Any state" data={STATUSES} />
        <EventTypeFilter />
        <TimeRangePicker range={range} clearable />
        <RefreshButton path="/v1/deliveries" />
        {mayRetry && webhookId !== undefined && (
          <LinkButton
            to="/webhooks/$webhookId/replays"
            params={{ webhookId }}
            search={{ ...bounds, status: status === 'pending' ? undefined : status, eventType }}
            variant="default"
            leftSection={<History size={16} aria-hidden />}
          >
            Replay many
          </LinkButton>
        )}
      </FilterBar>
      <Rows
        // Another list: nothing of it is selected yet.
        key={JSON.stringify(query)}
        list={list}
        withWebhook={ofWebhook === undefined}
        mayRetry={mayRetry}
        isFiltered={isFiltered}
      />
    </>
  );
}

interface RowsProps {
  list: Pages<Delivery>;
  withWebhook: boolean;
  mayRetry: boolean;
  isFiltered: boolean;
}

function Rows({ list, withWebhook, mayRetry, isFiltered }: RowsProps) {
  const selection = useSelection();
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <DataTable
        label="Deliveries"
        columns={deliveryColumns({ rows, selection: mayRetry ? selection : null, withWebhook })}
        list={list}
        rowKey={({ id }) => id}
        empty={
          isFiltered ? (
            <EmptyState title="No delivery fits these filters">Clear some of them to see more.</EmptyState>
          ) : (
            <EmptyState title="No deliveries yet">
              Each event makes one delivery for every active webhook that subscribes to its type.
            </EmptyState>
          )
        }
      />
      <SelectionBar selection={selection} />
    </>
  );
}
