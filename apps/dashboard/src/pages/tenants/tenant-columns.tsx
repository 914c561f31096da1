import { Button } from '@mantine/core';
import { Link2 } from 'lucide-react';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { Time } from '../../components/time.js';
import type { Tenant } from './tenant.js';

export function tenantColumns({
  onPortalLink,
}: {
  onPortalLink: (tenant: Tenant) => void;
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
      label: 'Portal',
      width: '160px',
      align: 'end',
      cell: (tenant) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<Link2 size={14} aria-hidden />}
          onClick={() => onPortalLink(tenant)}
          aria-label={`Create portal link for ${tenant.name}`}
        >
          Create portal link
        </Button>
      ),
    },
  ];
}
