import { Text } from '@mantine/core';
import type { Column } from './data-table.js';
import { TenantName } from './tenant-name.js';

/** Returns the column with the tenant of each row, for a list of several tenants. */
export function tenantColumn<Row extends { tenantId: string | null }>(isShown: boolean): Column<Row>[] {
  if (!isShown) return [];
  return [
    {
      label: 'Tenant',
      width: '112px',
      cell: ({ tenantId }) => (
        <Text size="sm" truncate>
          {tenantId === null ? 'None' : <TenantName id={tenantId} />}
        </Text>
      ),
    },
  ];
}
