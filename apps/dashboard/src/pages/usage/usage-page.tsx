import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ChartNoAxesColumn } from 'lucide-react';
import { useMemo } from 'react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useSeesAllTenants } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { ExportButton } from '../../components/export/export-button.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSelect } from '../../components/filter-select.js';
import { formatCount } from '../../components/format-number.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { Plot } from '../../components/plot.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { DayField } from './day-field.js';
import { usageColumns } from './usage-columns.js';
import { dailyUsage, type UsageDays, usageDays, usagePoints } from './usage-data.js';

const route = getRouteApi('/_app/usage');

const GROUPINGS = [
  { value: 'tenant', label: 'By tenant' },
  { value: 'tenant,day', label: 'By tenant and day' },
];

export function UsagePage() {
  const { from, to, by } = route.useSearch();
  // oxlint-disable-next-line react/purity -- intended: the day of the selection
  const days = useMemo(() => usageDays({ from, to }, Date.now()), [from, to]);
  const tenantId = useTenantId();
  const seesAll = useSeesAllTenants();
  const query = { ...days, groupBy: (seesAll && by) || 'day', tenantId };
  const usage = api.useInfiniteQuery(
    'get',
    '/v1/usage',
    { params: { query: { ...query, limit: PAGE_SIZE } } },
    PAGINATION,
  );
  const pages = usage.data?.pages.map(({ data }) => ({
    data: data.map((row) => ({ ...row, id: `${row.day} ${row.tenantId}` })),
  }));
  return (
    <Page title="Usage" description="What was accepted and sent on each day, in UTC. Kept for 24 months.">
      <FilterBar params={['from', 'to', 'by']}>
        <DayField key={`from ${days.from}`} param="from" label="First day" value={days.from} />
        <DayField key={`to ${days.to}`} param="to" label="Last day" value={days.to} />
        {seesAll && <FilterSelect param="by" label="Rows" placeholder="By day" data={GROUPINGS} />}
        <ExportButton path="/v1/usage" query={query} name={`usage-${days.from}-${days.to}`} />
      </FilterBar>
      <UsageChart days={days} tenantId={tenantId} />
      <DataTable
        label="Usage"
        columns={usageColumns(query.groupBy)}
        list={{ ...usage, data: pages && { pages } }}
        empty={
          <EmptyState title="No usage" icon={ChartNoAxesColumn}>
            No events were accepted and no requests were sent on these days.
          </EmptyState>
        }
      />
    </Page>
  );
}

const SERIES = [
  { key: 'events', label: 'Events', color: 'var(--busy-fill)' },
  { key: 'deliveries', label: 'Deliveries', color: 'var(--good-fill)' },
  { key: 'attempts', label: 'Attempts', color: 'var(--warn-fill)' },
];

const PLOT_HEIGHT = 220;

function UsageChart({ days, tenantId }: { days: UsageDays; tenantId: string | undefined }) {
  const { data, error, refetch, isFetching } = useQuery(dailyUsage({ ...days, tenantId }));
  return (
    <Panel title="Usage per day" description="Attempts are requests, including retries">
      {error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : data ? (
        <Plot
          kind="lines"
          label="Usage per day"
          series={SERIES}
          points={usagePoints(data, days)}
          interval="day"
          format={formatCount}
          height={PLOT_HEIGHT}
        />
      ) : (
        <Skeleton height={PLOT_HEIGHT} />
      )}
    </Panel>
  );
}
