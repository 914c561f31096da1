import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { KeyRound, Plus } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan, useSeesAllTenants } from '../../api/session.js';
import { isFull, useQuotas } from '../../components/use-quotas.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { Page } from '../../components/page.js';
import { QuotaUsage } from '../../components/quota-usage.js';
import { lazyDialog } from '../../components/lazy-dialog.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { apiKeyColumns } from './api-key-columns.js';

const NewApiKeyModal = lazyDialog(() => import('./new-api-key-modal.js'));

const QUOTA_ID = 'api-key-quota';

export function ApiKeysPage() {
  const tenantId = useTenantId();
  const withTenant = useSeesAllTenants() && tenantId === undefined;
  const canManage = useCan('admin');
  const quotas = useQuotas();
  // Keys for all tenants do not count.
  const quota = withTenant ? undefined : quotas?.apiKeys;
  const [isCreating, { open, close }] = useDisclosure();
  const query = { limit: PAGE_SIZE, tenantId };
  const apiKeys = api.useInfiniteQuery('get', '/v1/api-keys', { params: { query } }, PAGINATION);
  return (
    <Page
      title="API keys"
      description="Keys authenticate API requests and sign you in to this dashboard."
      actions={
        <>
          <QuotaUsage quota={quota} resource="apiKeys" id={QUOTA_ID} />
          {canManage && (
            <Button
              leftSection={<Plus size={16} aria-hidden />}
              onClick={open}
              disabled={quota !== undefined && isFull(quota)}
              aria-describedby={QUOTA_ID}
            >
              Create API key
            </Button>
          )}
        </>
      }
    >
      <FilterBar params={[]} />
      <DataTable
        label="API keys"
        columns={apiKeyColumns({ withTenant, canManage })}
        list={apiKeys}
        empty={
          <EmptyState title="No API keys yet" icon={KeyRound}>
            Create a key to call the API. A key for one tenant can access only that tenant&apos;s data.
          </EmptyState>
        }
      />
      <NewApiKeyModal opened={isCreating} onClose={close} />
    </Page>
  );
}
