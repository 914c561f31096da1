import { Box } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { FilterSelect } from '../../components/filter-select.js';
import { LinkButton } from '../../components/link-button.js';
import { Page } from '../../components/page.js';
import { statusLabel } from '../../components/status-badge.js';
import { TenantNote } from '../../components/tenant-note.js';
import { useTenantId } from '../../search/use-tenant-id.js';
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
  const mayCreate = useCan('webhooks:write');
  const query = { limit: PAGE_SIZE, status, eventType, search, tenantId };
  const webhooks = api.useInfiniteQuery('get', '/v1/webhooks', { params: { query } }, PAGINATION);
  const trends = useWebhookTrends(webhooks.data?.pages ?? []);
  const isFiltered = status !== undefined || eventType !== undefined || search !== undefined;

  return (
    <Page
      title="Webhooks"
      description={
        <>
          The URLs that get events, signed and retried until they are taken. <TenantNote />
        </>
      }
      actions={mayCreate && <NewWebhookLink />}
    >
      <FilterBar params={['search', 'status', 'eventType']}>
        <FilterSearch param="search" label="Search URL or description" />
        <FilterSelect param="status" label="State" placeholder="Any state" data={STATUSES} />
        <EventTypeFilter />
      </FilterBar>
      <DataTable
        label="Webhooks"
        columns={webhookColumns(trends)}
        list={webhooks}
        rowKey={({ id }) => id}
        empty={
          isFiltered ? (
            <EmptyState title="No webhook fits these filters">Clear some of them to see more.</EmptyState>
          ) : (
            <EmptyState title="No webhooks yet">
              A webhook is a URL of a receiver and the event types that it wants. It gets events once its URL
              is validated.
              {mayCreate && (
                <Box mt="md">
                  <NewWebhookLink />
                </Box>
              )}
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

function NewWebhookLink() {
  return (
    <LinkButton to="/webhooks/new" leftSection={<Plus size={16} aria-hidden />}>
      New webhook
    </LinkButton>
  );
}
