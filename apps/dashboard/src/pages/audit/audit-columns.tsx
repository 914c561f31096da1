import { Text } from '@mantine/core';
import { ageColumn } from '../../components/age-column.js';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { TenantName } from '../../components/tenant-name.js';
import { actionLabel, type AuditEntry } from './audit-entry.js';

export function auditColumns({ withTenant }: { withTenant: boolean }): Column<AuditEntry>[] {
  return [
    { label: 'Action', width: 'minmax(0, 1.2fr)', cell: (entry) => <Action entry={entry} /> },
    {
      label: 'Actor',
      width: 'minmax(0, 1fr)',
      cell: ({ actor, tenantId }) => (
        <>
          <Text size="sm" truncate>
            {actor.name}
          </Text>
          {withTenant && (
            <Text size="xs" c="dimmed" truncate>
              {tenantId === null ? 'All tenants' : <TenantName id={tenantId} />}
            </Text>
          )}
        </>
      ),
    },
    { label: 'Changes', width: 'minmax(0, 1.2fr)', cell: (entry) => <ChangedFields entry={entry} /> },
    ageColumn('Time', ({ createdAt }) => createdAt),
  ];
}

function Action({ entry: { id, action, target, targetName } }: { entry: AuditEntry }) {
  return (
    <>
      <RowLink to="." search={(search) => ({ ...search, entry: id })} resetScroll={false}>
        {actionLabel(action)}
      </RowLink>
      <Text size="xs" c="dimmed" truncate>
        {targetName ?? <Mono>{target}</Mono>}
      </Text>
    </>
  );
}

/** Lists the names of the changed fields. */
function ChangedFields({ entry: { before, after } }: { entry: AuditEntry }) {
  const fields = before && after ? Object.keys(after) : [];
  return (
    <Text size="xs" c="dimmed" truncate>
      {fields.length > 0 ? fields.join(', ') : '–'}
    </Text>
  );
}
