import { Button, Group, Text } from '@mantine/core';
import { Link2, Pencil } from 'lucide-react';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { TagList } from '../../components/tag-list.js';
import { Time } from '../../components/time.js';
import { RecoverButton } from '../recoveries/recover-button.js';
import { TenantStatusBadge } from './tenant-status-badge.js';
import type { Tenant } from './tenant.js';

interface TenantActions {
  /** Others only recover. */
  isAdmin: boolean;
  onPortalLink: (tenant: Tenant) => void;
  onEdit: (tenant: Tenant) => void;
}

export function tenantColumns(actions: TenantActions): Column<Tenant>[] {
  return [
    { label: 'Name', width: 'minmax(0, 1.4fr)', cell: (tenant) => <Name tenant={tenant} /> },
    { label: 'Status', width: '112px', cell: ({ status }) => <TenantStatusBadge status={status} /> },
    { label: 'Tags', cell: ({ tags }) => <TagList tags={tags} /> },
    { label: 'Created', width: '104px', cell: ({ createdAt }) => <Time at={createdAt} relative /> },
    {
      label: 'Actions',
      width: '372px',
      align: 'end',
      cell: (tenant) => tenant.status !== 'deleted' && <Actions tenant={tenant} {...actions} />,
    },
  ];
}

function Name({ tenant: { id, name } }: { tenant: Tenant }) {
  return (
    <>
      <RowLink to="/tenants/$tenantId" params={{ tenantId: id }}>
        {name}
      </RowLink>
      <Text size="xs" c="dimmed" truncate>
        <Mono>{id}</Mono>
      </Text>
    </>
  );
}

function Actions({ tenant, isAdmin, onPortalLink, onEdit }: TenantActions & { tenant: Tenant }) {
  const { id, name, status } = tenant;
  return (
    <Group gap="xs" justify="flex-end">
      {status === 'active' && (
        <RecoverButton
          size="xs"
          scope={{ tenantId: id }}
          title={`Recover all webhooks of ${name}`}
          since={null}
        />
      )}
      {isAdmin && (
        <>
          <Button
            size="xs"
            variant="default"
            leftSection={<Pencil size={14} aria-hidden />}
            onClick={() => onEdit(tenant)}
            aria-label={`Edit settings of ${name}`}
          >
            Settings
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Link2 size={14} aria-hidden />}
            onClick={() => onPortalLink(tenant)}
            aria-label={`Create portal link for ${name}`}
          >
            Create portal link
          </Button>
        </>
      )}
    </Group>
  );
}
