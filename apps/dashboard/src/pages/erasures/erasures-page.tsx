import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { Eraser } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { ageColumn } from '../../components/age-column.js';
import { type Column, DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSelect } from '../../components/filter-select.js';
import { formatCount } from '../../components/format-number.js';
import { Mono } from '../../components/mono.js';
import { Page } from '../../components/page.js';
import { RowLink } from '../../components/row-link.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { lazyDialog } from '../../components/lazy-dialog.js';
import { useListedTenant, useShowsTenants } from '../../search/use-listed-tenant.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { t } from '../../i18n/t.js';
import { type Erasure, PROGRESS_INTERVAL_MS, subjectText } from './erasure.js';
import { ErasureProgress, ErasureStatus } from './erasure-status.js';

const ErasureDrawer = lazyDialog(() => import('./erasure-drawer.js'));
const ErasePersonModal = lazyDialog(() => import('./erase-person-modal.js'));

const route = getRouteApi('/_app/erasures');

const STATUS_OPTIONS = [
  { value: 'running', label: t('Running') },
  { value: 'completed', label: t('Completed') },
  { value: 'failed', label: t('Failed') },
];

const columns = (withTenant: boolean): Column<Erasure>[] => [
  {
    label: t('Subject'),
    width: 'minmax(0, 1.6fr)',
    cell: (erasure) => (
      <>
        <RowLink to="." search={(search) => ({ ...search, erasure: erasure.id })} resetScroll={false}>
          {subjectText(erasure)}
        </RowLink>
        <Text size="xs" c="dimmed" truncate>
          <Mono>{erasure.eventId ?? erasure.id}</Mono>
        </Text>
      </>
    ),
  },
  ...tenantColumn<Erasure>(withTenant),
  {
    label: t('Status'),
    width: 'minmax(0, 1fr)',
    cell: (erasure) => (
      <>
        <ErasureStatus status={erasure.status} />
        <ErasureProgress erasure={erasure} />
      </>
    ),
  },
  { label: t('Events'), width: '88px', align: 'end', cell: ({ done }) => formatCount(done) },
  {
    label: t('Started by'),
    cell: ({ startedByName }) => (
      <Text size="sm" truncate>
        {startedByName ?? '–'}
      </Text>
    ),
  },
  ageColumn(t('Started'), ({ createdAt }) => createdAt),
];

/** Erasures, newest first, with their progress. */
export function ErasuresPage() {
  const { status, erasure } = route.useSearch();
  const [, change] = useSearchParams();
  const tenantId = useListedTenant();
  const [isErasing, { open, close }] = useDisclosure();
  const canErase = useCan('admin');
  const list = api.useInfiniteQuery(
    'get',
    '/v1/erasures',
    { params: { query: { limit: PAGE_SIZE, tenantId, status } } },
    {
      ...PAGINATION,
      refetchInterval: ({ state }) =>
        state.data?.pages.some(({ data }) => data.some((each) => each.status === 'running'))
          ? PROGRESS_INTERVAL_MS
          : false,
    },
  );
  return (
    <Page
      title={t('Erasures')}
      description={t('Removed data of events, people and tenants. Erased data cannot be restored.')}
      actions={
        canErase && (
          <Button leftSection={<Eraser size={16} aria-hidden />} onClick={open}>
            {t('Erase a person')}
          </Button>
        )
      }
    >
      <FilterBar params={['status']}>
        <FilterSelect
          param="status"
          label={t('Status')}
          placeholder={t('Any status')}
          data={STATUS_OPTIONS}
        />
      </FilterBar>
      <DataTable
        label={t('Erasures')}
        columns={columns(useShowsTenants())}
        list={list}
        empty={
          <EmptyState
            title={status === undefined ? t('No erasures yet') : t('No erasures with this status')}
            icon={Eraser}
          >
            {t('Erase a person by a value in the data of their events, or one event on its page.')}
          </EmptyState>
        }
      />
      <ErasePersonModal opened={isErasing} onClose={close} />
      <ErasureDrawer
        id={erasure}
        opened={erasure !== undefined}
        onClose={() => change({ erasure: undefined })}
      />
    </Page>
  );
}
