import { Box } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { useQuotas } from '../../components/use-quotas.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { ExportButton } from '../../components/export/export-button.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { FilterSelect } from '../../components/filter-select.js';
import { healthLabel } from '../../components/health-badge.js';
import { Page } from '../../components/page.js';
import { QuotaUsage } from '../../components/quota-usage.js';
import { statusLabel } from '../../components/status-badge.js';
import { TagFilter } from '../../components/tag-filter.js';
import { DELIVERY_LABELS } from './delivery-method.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { CreateWebhookLink, WEBHOOK_QUOTA_ID } from './create-webhook-link.js';
import { EventTypeFilter } from '../event-types/event-type-filter.js';
import { useWebhookTrends } from './use-webhook-trends.js';
import { webhookColumns } from './webhook-columns.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/webhooks/');

const STATUSES = (['active', 'pending_validation', 'suspended'] as const).map((value) => ({
  value,
  label: statusLabel(value),
}));

const DELIVERY = (['push', 'pull'] as const).map((value) => ({ value, label: DELIVERY_LABELS[value] }));

const HEALTH = (['failing', 'throttled', 'healthy'] as const).map((value) => ({
  value,
  label: healthLabel(value),
}));

const SUSPENDERS = [
  { value: 'system', label: t('Suspended by the system') },
  { value: 'operator', label: t('Suspended by an operator') },
  { value: 'tenant', label: t('Suspended by the tenant') },
];

const SPEEDS = [
  { value: 'true', label: t('Slow') },
  { value: 'false', label: t('Not slow') },
];

const ORDERS = [
  { value: 'health', label: t('Failing first') },
  { value: 'status', label: t('Suspended first') },
  { value: 'latency', label: t('Slowest first') },
  { value: 'failureRate', label: t('Most failures first') },
  { value: 'backlog', label: t('Longest backlog first') },
  { value: 'lastAttempt', label: t('Latest delivery first') },
];

export function WebhooksPage() {
  const { status, delivery, health, slow, suspendedBy, sort, eventType, search, tag } = route.useSearch();
  const tenantId = useListedTenant();
  const withTenant = useShowsTenants();
  const canCreate = useCan('webhooks:write', 'create');
  const quota = useQuotas()?.webhooks;
  const filters = { status, delivery, health, suspendedBy, eventType, search, tag };
  const query = {
    limit: PAGE_SIZE,
    ...filters,
    sort,
    tenantId,
    slow: slow === undefined ? undefined : slow === 'true',
  };
  const webhooks = api.useInfiniteQuery('get', '/v1/webhooks', { params: { query } }, PAGINATION);
  const trends = useWebhookTrends(webhooks.data?.pages ?? []);
  const isFiltered = Object.values({ ...filters, slow }).some((value) => value !== undefined);

  return (
    <Page
      title={t('Webhooks')}
      description={t('URLs that receive events as signed requests, with automatic retries.')}
      actions={
        canCreate && (
          <>
            <QuotaUsage quota={quota} resource="webhooks" id={WEBHOOK_QUOTA_ID} />
            <CreateWebhookLink quota={quota} />
          </>
        )
      }
    >
      <FilterBar
        params={['search', 'status', 'delivery', 'health', 'slow', 'suspendedBy', 'eventType', 'tag']}
      >
        <FilterSearch param="search" label={t('Filter by URL, external ID or description')} />
        <FilterSelect param="status" label={t('Status')} placeholder={t('Any status')} data={STATUSES} />
        <SuspenderFilter />
        <FilterSelect
          param="delivery"
          label={t('Delivery method')}
          placeholder={t('Any delivery method')}
          data={DELIVERY}
        />
        <FilterSelect param="health" label={t('Health')} placeholder={t('Any health')} data={HEALTH} />
        {slow !== undefined && (
          <FilterSelect param="slow" label={t('Speed')} placeholder={t('Any speed')} data={SPEEDS} />
        )}
        <EventTypeFilter />
        <TagFilter rows={webhooks.data?.pages.flatMap(({ data }) => data) ?? []} />
        <FilterSelect param="sort" label={t('Order')} placeholder={t('Newest first')} data={ORDERS} />
        <ExportButton path="/v1/webhooks" query={query} name="webhooks" />
      </FilterBar>
      <DataTable
        label={t('Webhooks')}
        columns={webhookColumns({ trends, withTenant })}
        list={webhooks}
        empty={
          isFiltered ? (
            <EmptyState title={t('No webhooks match these filters')}>
              {t('Clear some filters to see more webhooks.')}
            </EmptyState>
          ) : (
            <EmptyState title={t('No webhooks yet')}>
              {t(
                'A webhook sends events to a URL of your choice. Create one, then validate its URL to start delivery.',
              )}
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

/** Only for suspended webhooks. */
function SuspenderFilter() {
  const { status, suspendedBy } = route.useSearch();
  if (status !== 'suspended' && suspendedBy === undefined) return null;
  return (
    <FilterSelect
      param="suspendedBy"
      label={t('Suspended by')}
      placeholder={t('Suspended by anyone')}
      data={SUSPENDERS}
    />
  );
}
