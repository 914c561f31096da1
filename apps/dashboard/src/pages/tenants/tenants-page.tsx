import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { Building2, Plus } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { FilterSelect } from '../../components/filter-select.js';
import { TagFilter } from '../../components/tag-filter.js';
import { lazyDialog } from '../../components/lazy-dialog.js';
import { Page } from '../../components/page.js';
import { PortalLinkModal } from './links/portal-link-modal.js';
import { tenantColumns } from './tenant-columns.js';
import { STATUS_OPTIONS } from './tenant-status-badge.js';
import { TenantSettingsModal } from './tenant-settings-modal.js';
import type { Tenant } from './tenant.js';

const NewTenantModal = lazyDialog(() => import('./new-tenant-modal.js'));

const route = getRouteApi('/_app/tenants/');

export function TenantsPage() {
  const { search, status, tag } = route.useSearch();
  const isAdmin = useCan('admin');
  const [isCreating, { open, close }] = useDisclosure();
  const [linkTenant, setLinkTenant] = useState<Tenant | null>(null);
  const [editedTenant, setEditedTenant] = useState<Tenant | null>(null);
  const tenants = api.useInfiniteQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: PAGE_SIZE, search, status, tag } } },
    PAGINATION,
  );
  const isFiltered = [search, status, tag].some((value) => value !== undefined);
  return (
    <Page
      title="Tenants"
      description="Your customers. Each has isolated webhooks and events."
      actions={
        isAdmin && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={open}>
            Create tenant
          </Button>
        )
      }
    >
      <FilterBar params={['search', 'status', 'tag']}>
        <FilterSearch param="search" label="Filter by name or external ID" />
        <FilterSelect param="status" label="Status" placeholder="Not deleted" data={STATUS_OPTIONS} />
        <TagFilter rows={tenants.data?.pages.flatMap(({ data }) => data) ?? []} />
      </FilterBar>
      <DataTable
        label="Tenants"
        columns={tenantColumns({ isAdmin, onPortalLink: setLinkTenant, onEdit: setEditedTenant })}
        list={tenants}
        empty={
          !isFiltered ? (
            <EmptyState title="No tenants yet" icon={Building2}>
              Create a tenant for each customer.
            </EmptyState>
          ) : (
            <EmptyState title="No tenants match these filters" icon={Building2}>
              Clear some filters to see more tenants.
            </EmptyState>
          )
        }
      />
      <NewTenantModal opened={isCreating} onClose={close} />
      <TenantSettingsModal tenant={editedTenant} onClose={() => setEditedTenant(null)} />
      <PortalLinkModal tenant={linkTenant} onClose={() => setLinkTenant(null)} />
    </Page>
  );
}
