import { History } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import type { Delivery } from '../../api/types.js';
import { DataTable, type Pages } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { ExportButton } from '../../components/export/export-button.js';
import { FilterBar } from '../../components/filter-bar.js';
import { LinkButton } from '../../components/link-button.js';
import { RefreshButton } from '../../components/refresh-button.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { toTimeBounds, useListRange } from '../../search/use-list-range.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { EventTypeFilter } from '../event-types/event-type-filter.js';
import { deliveryColumns } from './delivery-columns.js';
import { ResponseStatusFilter, StatusFilter } from './delivery-filters.js';
import type { DeliverySearch } from './delivery-search.js';
import { SelectionBar } from './selection-bar.js';
import { useSelection } from './use-selection.js';
import { WebhookFilter } from './webhook-filter.js';
import { t } from '../../i18n/t.js';

interface DeliveryListProps {
  /** Search parameters of a route with `deliverySearch`. */
  search: DeliverySearch;
  /** Shows only the deliveries of this webhook. */
  ofWebhook?: string;
  /** Whether the webhook can have replays. */
  canReplay?: boolean;
}

/** Deliveries, newest first, with filters and bulk actions. */
export function DeliveryList({ search, ofWebhook, canReplay = true }: DeliveryListProps) {
  const { status, responseStatus, eventType } = search;
  const webhookId = ofWebhook ?? search.webhookId;
  const tenantId = useListedTenant();
  const range = useListRange(search);
  const bounds = toTimeBounds(range);
  const query = {
    limit: PAGE_SIZE,
    webhookId,
    status,
    responseStatus,
    eventType,
    // The webhook implies the tenant.
    ...(ofWebhook === undefined && { tenantId }),
    ...bounds,
  };
  const list = api.useInfiniteQuery('get', '/v1/deliveries', { params: { query } }, PAGINATION);
  const isFiltered = Boolean(status ?? responseStatus ?? eventType ?? search.webhookId ?? range);
  const canRetry = useCan('deliveries:write');

  return (
    <>
      <FilterBar
        params={[
          'status',
          'responseStatus',
          'eventType',
          'range',
          'from',
          'to',
          ...(ofWebhook === undefined ? ['webhookId'] : []),
        ]}
      >
        {ofWebhook === undefined && <WebhookFilter webhookId={webhookId} />}
        <StatusFilter />
        <ResponseStatusFilter />
        <EventTypeFilter />
        <TimeRangePicker range={range} clearable />
        <RefreshButton path="/v1/deliveries" />
        <ExportButton path="/v1/deliveries" query={query} name="deliveries" />
        {canRetry && canReplay && webhookId !== undefined && (
          <LinkButton
            to="/webhooks/$webhookId/replays"
            params={{ webhookId }}
            search={{ ...bounds, status: settledStatuses(status), eventType }}
            variant="default"
            leftSection={<History size={16} aria-hidden />}
          >
            {t('Replay deliveries')}
          </LinkButton>
        )}
      </FilterBar>
      <Rows
        // A new list starts with an empty selection.
        key={JSON.stringify(query)}
        list={list}
        withWebhook={ofWebhook === undefined}
        canRetry={canRetry}
        isFiltered={isFiltered}
      />
    </>
  );
}

/** Returns the statuses that a replay can have: the statuses of settled deliveries. */
function settledStatuses(status: string | undefined): string | undefined {
  const settled = status?.split(',').filter((each) => ['succeeded', 'failed', 'dropped'].includes(each));
  return settled?.join(',') || undefined;
}

interface RowsProps {
  list: Pages<Delivery>;
  withWebhook: boolean;
  canRetry: boolean;
  isFiltered: boolean;
}

function Rows({ list, withWebhook, canRetry, isFiltered }: RowsProps) {
  const showsTenants = useShowsTenants();
  const selection = useSelection();
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <DataTable
        label={t('Deliveries')}
        columns={deliveryColumns({
          rows,
          selection: canRetry ? selection : null,
          withWebhook,
          withTenant: withWebhook && showsTenants,
        })}
        list={list}
        empty={
          isFiltered ? (
            <EmptyState title={t('No deliveries match these filters')}>
              {t('Clear some filters to see more deliveries.')}
            </EmptyState>
          ) : (
            <EmptyState title={t('No deliveries yet')}>
              {t('Each event creates one delivery for every active webhook that subscribes to its type.')}
            </EmptyState>
          )
        }
      />
      <SelectionBar selection={selection} />
    </>
  );
}
