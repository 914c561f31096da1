import { Text } from '@mantine/core';
import { LifeBuoy } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useSeesAllTenants } from '../../api/session.js';
import { ageColumn } from '../../components/age-column.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { formatCount } from '../../components/format-number.js';
import { Page } from '../../components/page.js';
import { RowLink } from '../../components/row-link.js';
import { RunStatus } from '../../components/run-status.js';
import { Time } from '../../components/time.js';
import { useListedTenant } from '../../search/use-listed-tenant.js';
import { RecoverButton } from './recover-button.js';
import { RecoveryTarget } from './recovery-target.js';
import type { ListedRecovery } from './recovery.js';
import { t } from '../../i18n/t.js';

const COLUMNS: Column<ListedRecovery>[] = [
  {
    label: t('Since'),
    width: 'minmax(0, 1.2fr)',
    cell: ({ id, since, automatic }) => (
      <>
        <RowLink to="/recoveries/$recoveryId" params={{ recoveryId: id }}>
          <Time at={since} />
        </RowLink>
        <Text size="xs" c="dimmed">
          {automatic ? t('Automatic') : t('Manual')}
        </Text>
      </>
    ),
  },
  {
    label: t('Scope'),
    width: 'minmax(0, 1.4fr)',
    cell: (recovery) => (
      <Text size="sm" truncate>
        <RecoveryTarget recovery={recovery} />
      </Text>
    ),
  },
  {
    label: t('Status'),
    width: '184px',
    cell: ({ status, failed }) => <RunStatus status={status} failed={failed} />,
  },
  { label: t('Deliveries'), width: '100px', align: 'end', cell: ({ total }) => formatCount(total) },
  ageColumn(t('Started'), ({ createdAt }) => createdAt),
];

/** Recoveries, newest first. */
export function RecoveriesPage() {
  const tenantId = useListedTenant();
  const seesAllTenants = useSeesAllTenants();
  const list = api.useInfiniteQuery(
    'get',
    '/v1/recoveries',
    { params: { query: { limit: PAGE_SIZE, tenantId } } },
    PAGINATION,
  );
  return (
    <Page
      title={t('Recoveries')}
      description={t('A recovery retries everything that did not succeed during an outage.')}
      actions={
        <RecoverButton
          scope={{ tenantId }}
          title={seesAllTenants && tenantId === '*' ? 'Recover all tenants' : t('Recover all webhooks')}
          since={null}
        />
      }
    >
      <FilterBar params={[]} />
      <DataTable
        label={t('Recoveries')}
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState title={t('No recoveries yet')} icon={LifeBuoy}>
            {t('When a receiver has been down, recover its deliveries here or on its page.')}
          </EmptyState>
        }
      />
    </Page>
  );
}
