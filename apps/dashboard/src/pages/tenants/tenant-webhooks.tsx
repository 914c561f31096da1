import { api } from '../../api/api.js';
import { PAGINATION } from '../../api/pagination.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { Panel } from '../../components/panel.js';
import { TextLink } from '../../components/text-link.js';
import { webhookColumns } from '../webhooks/webhook-columns.js';

const MAX_WEBHOOKS = 8;
const REFRESH_MS = 15_000;

const COLUMNS = webhookColumns({ trends: null, withTenant: false });

/** The first webhooks of a tenant, failing ones first. */
export function TenantWebhooks({ tenantId }: { tenantId: string }) {
  const webhooks = api.useInfiniteQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { tenantId, sort: 'health', limit: MAX_WEBHOOKS } } },
    { ...PAGINATION, getNextPageParam: () => null, refetchInterval: REFRESH_MS },
  );
  return (
    <Panel
      title="Webhooks by health"
      description="Failing ones first."
      flush
      actions={
        <TextLink to="/webhooks" search={{ tenant: tenantId }} size="sm">
          View all webhooks
        </TextLink>
      }
    >
      <DataTable
        flush
        label="Webhooks"
        columns={COLUMNS}
        list={webhooks}
        empty={
          <EmptyState title="No webhooks yet">
            The tenant creates them in its portal, or you create them in the list of webhooks.
          </EmptyState>
        }
      />
    </Panel>
  );
}
