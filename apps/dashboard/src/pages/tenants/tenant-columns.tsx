import { Button, Group } from '@mantine/core';
import { Link2, Pencil } from 'lucide-react';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { Time } from '../../components/time.js';
import { RecoverButton } from '../recoveries/recover-button.js';
import type { Tenant } from './tenant.js';

export function tenantColumns({
  onPortalLink,
  onEdit,
}: {
  onPortalLink: (tenant: Tenant) => void;
  onEdit: (tenant: Tenant) => void;
}): Column<Tenant>[] {
  return [
    {
      label: 'Name',
      cell: ({ id, name }) => (
        <RowLink to="/webhooks" search={{ tenant: id }}>
          {name}
        </RowLink>
      ),
    },
    { label: 'ID', width: '300px', cell: ({ id }) => <Mono copy="tenant ID">{id}</Mono> },
    { label: 'Created', width: '112px', cell: ({ createdAt }) => <Time at={createdAt} relative /> },
    {
      label: 'Actions',
      width: '372px',
      align: 'end',
      cell: (tenant) => (
        <Group gap="xs" justify="flex-end">
          <RecoverButton
            size="xs"
            scope={{ tenantId: tenant.id }}
            title={`Recover all webhooks of ${tenant.name}`}
            since={null}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={<Pencil size={14} aria-hidden />}
            onClick={() => onEdit(tenant)}
            aria-label={`Edit settings of ${tenant.name}`}
          >
            Settings
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Link2 size={14} aria-hidden />}
            onClick={() => onPortalLink(tenant)}
            aria-label={`Create portal link for ${tenant.name}`}
          >
            Create portal link
          </Button>
        </Group>
      ),
    },
  ];
}
