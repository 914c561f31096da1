import { Text } from '@mantine/core';
import type { Column } from '../../components/data-table.js';
import { formatCount } from '../../components/format-number.js';
import type { UsageRow } from './usage-data.js';

const count = (label: string, of: (row: UsageRow) => number): Column<UsageRow> => ({
  label,
  align: 'end',
  cell: (row) => formatCount(of(row)),
});

const DAY: Column<UsageRow> = { label: 'Day', cell: ({ day }) => day };

const TENANT: Column<UsageRow> = {
  label: 'Tenant',
  width: 'minmax(0, 1.4fr)',
  cell: ({ tenantName, tenantId }) => (
    <Text size="sm" truncate>
      {tenantName ?? tenantId}
    </Text>
  ),
};

export const usageColumns = (groupBy: string): Column<UsageRow>[] => [
  ...(groupBy.includes('day') ? [DAY] : []),
  ...(groupBy.includes('tenant') ? [TENANT] : []),
  count('Events', ({ events }) => events),
  count('Deliveries', ({ deliveries }) => deliveries),
  count('Attempts', ({ attempts }) => attempts),
  count('Bytes', ({ bytes }) => bytes),
];
