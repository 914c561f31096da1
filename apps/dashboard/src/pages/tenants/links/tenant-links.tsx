import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link2 } from 'lucide-react';
import { api } from '../../../api/api.js';
import { PAGINATION, PAGE_SIZE } from '../../../api/pagination.js';
import { useCan } from '../../../api/session.js';
import { DataTable } from '../../../components/data-table.js';
import { EmptyState } from '../../../components/empty-state.js';
import { Panel } from '../../../components/panel.js';
import type { TenantDetails } from '../tenant.js';
import { portalLinkColumns } from './portal-link-columns.js';
import { PortalLinkModal } from './portal-link-modal.js';

/** The portal links of a tenant, newest first. */
export function TenantLinks({ tenant }: { tenant: TenantDetails }) {
  const canManage = useCan('admin');
  const [isCreating, { open, close }] = useDisclosure();
  const links = api.useInfiniteQuery(
    'get',
    '/v1/portal-links',
    { params: { query: { tenantId: tenant.id, limit: PAGE_SIZE } } },
    PAGINATION,
  );
  return (
    <Panel
      title="Portal links"
      description="Expired and revoked ones are listed for 7 days."
      flush
      actions={
        canManage && (
          <Button size="xs" variant="default" leftSection={<Link2 size={14} aria-hidden />} onClick={open}>
            Create portal link
          </Button>
        )
      }
    >
      <DataTable
        flush
        label="Portal links"
        columns={portalLinkColumns({ canRevoke: canManage })}
        list={links}
        empty={
          <EmptyState title="No portal links" icon={Link2}>
            A link gives a user of the tenant access to its portal.
          </EmptyState>
        }
      />
      <PortalLinkModal tenant={isCreating ? tenant : null} onClose={close} />
    </Panel>
  );
}
