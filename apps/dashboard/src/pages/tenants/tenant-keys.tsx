import { KeyRound } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { Panel } from '../../components/panel.js';
import { TextLink } from '../../components/text-link.js';
import { apiKeyColumns } from '../api-keys/api-key-columns.js';

const MAX_KEYS = 8;

/** The latest API keys of a tenant. */
export function TenantKeys({ tenantId }: { tenantId: string }) {
  const canManage = useCan('admin');
  const apiKeys = api.useInfiniteQuery(
    'get',
    '/v1/api-keys',
    { params: { query: { tenantId, limit: MAX_KEYS } } },
    { ...PAGINATION, getNextPageParam: () => null },
  );
  return (
    <Panel
      title="API keys"
      flush
      actions={
        <TextLink to="/api-keys" search={{ tenant: tenantId }} size="sm">
          View all API keys
        </TextLink>
      }
    >
      <DataTable
        flush
        label="API keys"
        columns={apiKeyColumns({ withTenant: false, canManage })}
        list={apiKeys}
        empty={
          <EmptyState title="No API keys" icon={KeyRound}>
            The tenant needs one only if it calls the API directly.
          </EmptyState>
        }
      />
    </Panel>
  );
}
