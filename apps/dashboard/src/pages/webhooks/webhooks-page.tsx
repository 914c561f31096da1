import { Box } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { useQuotas } from '../../api/use-quotas.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { FilterSelect } from '../../components/filter-select.js';
import { Page } from '../../components/page.js';
import { QuotaUsage } from '../../components/quota-usage.js';
import { statusLabel } from '../../components/status-badge.js';
import { TenantNote } from '../../components/tenant-note.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { CreateWebhookLink, WEBHOOK_QUOTA_ID } from './create-webhook-link.js';
import { EventTypeFilter } from '../event-types/event-type-filter.js';
import { useWebhookTrends } from './use-webhook-trends.js';
import { webhookColumns } from './webhook-columns.js';

const route = getRouteApi('/_app/webhooks/');

const STATUSES = (['active', 'pending_validation', 'suspended'] as const).map((value) => ({
  value,
  label: statusLabel(value),
}));

export function WebhooksPage() {
  const { status, eventType, search } = route.useSearch();
  const tenantId = useTenantId();
  const canCreate = useCan('webhooks:write');
  const quota = useQuotas()?.webhooks;
  const query = { limit: PAGE_SIZE, status, eventType, search, tenantId };
  const webhooks = api.useInfiniteQuery('get', '/v1/webhooks', { params: { query } }, PAGINATION);
  const trends = useWebhookTrends(webhooks.data?.pages ?? []);
  const isFiltered = status !== undefined || eventType !== undefined || search !== undefined;

  return (
    <Page
      title="Webhooks"
      description={
        <>
          URLs that receive events as signed requests, with automatic retries. <TenantNote />
        </>
      }
      actions={
        canCreate && (
          <>
            <QuotaUsage quota={quota} noun="webhooks" id={WEBHOOK_QUOTA_ID} />
            <CreateWebhookLink quota={quota} />
          </>
        )
      }
    >
      <FilterBar params={['search', 'status', 'eventType']}>
        <FilterSearch param="search" label="Search by URL or description" />
        <FilterSelect param="status" label="Status" placeholder="Any status" data={STATUSES} />
        <EventTypeFilter />
      </FilterBar>
      <DataTable
        label="Webhooks"
        columns={webhookColumns(trends)}
        list={webhooks}
        rowKey={({ id }) => id}
        empty={
          isFiltered ? (
            <EmptyState title="No webhooks match these filters">
              Clear some filters to see more webhooks.
            </EmptyState>
          ) : (
            <EmptyState title="No webhooks yet">
              A webhook sends events to a URL of your choice. Create one, then validate its URL to start
              delivery.
              {canCreate && (
                <Box mt="md">
                  <CreateWebhookLink quota={quota} />
                </Box>
              )}
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
