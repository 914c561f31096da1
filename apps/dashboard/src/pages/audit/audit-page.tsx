import { getRouteApi } from '@tanstack/react-router';
import { ScrollText } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useSeesAllTenants } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { ExportButton } from '../../components/export/export-button.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { FilterSelect } from '../../components/filter-select.js';
import { Page } from '../../components/page.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { toTimeBounds, useListRange } from '../../search/use-list-range.js';
import { auditColumns } from './audit-columns.js';
import AuditDrawer from './audit-drawer.js';
import { GROUPED_ACTIONS } from './audit-entry.js';
import { ChainState } from './chain-state.js';
import { ActorFilter } from './actor-filter.js';
import { isPersonId, peopleOf } from './people.js';

const route = getRouteApi('/_app/audit');

/** `signIns` of the API by what is shown. */
const SIGN_INS = { changes: false, signIns: true, all: undefined };

const SHOWN = [
  { value: 'signIns', label: 'Sign-ins only' },
  { value: 'all', label: 'Changes and sign-ins' },
];

export function AuditPage() {
  const search = route.useSearch();
  const { action, actor, target, show, entry: entryId } = search;
  const [, change] = useSearchParams();
  const range = useListRange(search);
  const tenantId = useTenantId();
  const seesAll = useSeesAllTenants();
  const withTenant = seesAll && tenantId === undefined;
  const query = {
    limit: PAGE_SIZE,
    ...toTimeBounds(range),
    action,
    ...(isPersonId(actor) ? { actorPersonId: actor } : { actorKeyId: actor }),
    target,
    tenantId,
    // An action or a link to an entry asks for them.
    signIns: action === undefined && entryId === undefined ? SIGN_INS[show ?? 'changes'] : undefined,
  };
  const entries = api.useInfiniteQuery('get', '/v1/audit-entries', { params: { query } }, PAGINATION);
  const loaded = entries.data?.pages.flatMap(({ data }) => data) ?? [];
  const entry = loaded.find(({ id }) => id === entryId);
  return (
    <Page
      title="Audit log"
      description="Changes made by people, API keys and automatic suspension, and what people viewed and exported."
    >
      {seesAll && <ChainState />}
      <FilterBar params={['range', 'from', 'to', 'action', 'actor', 'target', 'show']}>
        <TimeRangePicker range={range} clearable />
        <FilterSelect
          param="action"
          label="Action"
          placeholder="Any action"
          data={GROUPED_ACTIONS}
          searchable
        />
        <FilterSelect param="show" label="Show" placeholder="Changes only" data={SHOWN} />
        <ActorFilter people={peopleOf(loaded)} />
        <FilterSearch param="target" label="Target ID or event type" />
        <ExportButton path="/v1/audit-entries" query={query} name="audit-log" />
      </FilterBar>
      <DataTable
        label="Audit log"
        columns={auditColumns({ withTenant })}
        list={entries}
        empty={
          <EmptyState title="No audit entries" icon={ScrollText}>
            No changes match these filters.
          </EmptyState>
        }
      />
      <AuditDrawer entry={entry} onClose={() => change({ entry: undefined })} />
    </Page>
  );
}
