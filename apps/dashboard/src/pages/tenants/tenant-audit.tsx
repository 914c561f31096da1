import { getRouteApi } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { api } from '../../api/api.js';
import { PAGINATION } from '../../api/pagination.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { Panel } from '../../components/panel.js';
import { TextLink } from '../../components/text-link.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { auditColumns } from '../audit/audit-columns.js';
import type { TenantDetails } from './tenant.js';

// Loaded on demand.
const AuditDrawer = lazy(() => import('../audit/audit-drawer.js'));

const route = getRouteApi('/_app/tenants/$tenantId');

const MAX_ENTRIES = 10;

const COLUMNS = auditColumns({ withTenant: false });

/** The latest changes of a tenant and of what it has; of a deleted one, only its own. */
export function TenantAudit({ tenant: { id, status } }: { tenant: TenantDetails }) {
  const { entry: entryId } = route.useSearch();
  const [, change] = useSearchParams();
  const filter = status === 'deleted' ? { target: id } : { tenantId: id };
  const entries = api.useInfiniteQuery(
    'get',
    '/v1/audit-entries',
    { params: { query: { ...filter, signIns: false, limit: MAX_ENTRIES } } },
    { ...PAGINATION, getNextPageParam: () => null },
  );
  const entry = entries.data?.pages.flatMap(({ data }) => data).find((each) => each.id === entryId);
  const all = status === 'deleted' ? { target: id, tenant: undefined } : { tenant: id };
  return (
    <Panel
      title="Latest changes"
      flush
      actions={
        <TextLink to="/audit" search={all} size="sm">
          View audit log
        </TextLink>
      }
    >
      <DataTable
        flush
        label="Latest changes"
        columns={COLUMNS}
        list={entries}
        empty={
          <EmptyState title="No changes" icon={ScrollText}>
            Changes older than the retention of the audit log are not listed.
          </EmptyState>
        }
      />
      <Suspense>
        {entry && <AuditDrawer entry={entry} onClose={() => change({ entry: undefined })} />}
      </Suspense>
    </Panel>
  );
}
