import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { Building2, Plus } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { DataTable } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { FilterBar } from '../../components/filter-bar.js';
import { FilterSearch } from '../../components/filter-search.js';
import { Page } from '../../components/page.js';
import { NewTenantModal } from './new-tenant-modal.js';
import { PortalLinkModal } from './portal-link-modal.js';
import { tenantColumns } from './tenant-columns.js';
import type { Tenant } from './tenant.js';

const route = getRouteApi('/_app/tenants');

export function TenantsPage() {
  const { search } = route.useSearch();
  const [isCreating, { open, close }] = useDisclosure();
  const [linked, setLinked] = useState<Tenant | null>(null);
  const tenants = api.useInfiniteQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: PAGE_SIZE, search } } },
    PAGINATION,
  );
  return (
    <Page
      title="Tenants"
      description="Those whose webhooks and events are kept apart: your customers."
      actions={
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={open}>
          New tenant
        </Button>
      }
    >
      <FilterBar params={['search']}>
        <FilterSearch param="search" label="Search name" />
      </FilterBar>
      <DataTable
        label="Tenants"
        columns={tenantColumns({ onPortalLink: setLinked })}
        list={tenants}
        rowKey={({ id }) => id}
        empty={
          search === undefined ? (
            <EmptyState title="No tenants yet" icon={Building2} />
          ) : (
            <EmptyState title="No tenant has this in its name" icon={Building2} />
          )
        }
      />
      <NewTenantModal opened={isCreating} onClose={close} />
      <PortalLinkModal tenant={linked} onClose={() => setLinked(null)} />
    </Page>
  );
}
