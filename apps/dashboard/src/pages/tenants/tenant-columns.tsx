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
    { label: 'Id', width: '300px', cell: ({ id }) => <Mono copy="id">{id}</Mono> },
    { label: 'Created', width: '112px', cell: ({ createdAt }) => <Time at={createdAt} relative /> },
    {
      label: 'Portal',
      width: '132px',
      align: 'end',
      cell: (tenant) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<Link2 size={14} aria-hidden />}
          onClick={() => onPortalLink(tenant)}
          aria-label={`Portal link for ${tenant.name}`}
        >
          Portal link
        </Button>
      ),
    },
  ];
}
