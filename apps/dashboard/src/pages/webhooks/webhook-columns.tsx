import { Group, Text } from '@mantine/core';
import type { Webhook } from '../../api/types.js';
import type { Column } from '../../components/data-table.js';
import { EventTypes } from '../../components/event-types.js';
import { HealthBadge, HealthNote } from '../../components/health-badge.js';
import { RowLink } from '../../components/row-link.js';
import { Sparkline, type SparklineInterval } from '../../components/sparkline.js';
import { StatusBadge } from '../../components/status-badge.js';
import { isSlow, SlowBadge } from '../../components/slow-badge.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { Time } from '../../components/time.js';

interface WebhookColumns {
  /** Null omits the column. */
  trends: Map<string, SparklineInterval[]> | null;
  withTenant: boolean;
}

export function webhookColumns({ trends, withTenant }: WebhookColumns): Column<Webhook>[] {
  return [
    { label: 'URL', width: 'minmax(0, 2fr)', cell: (webhook) => <Name webhook={webhook} /> },
    ...tenantColumn<Webhook>(withTenant),
    { label: 'Status', width: '150px', cell: ({ status }) => <StatusBadge status={status} /> },
    { label: 'Health', width: 'minmax(184px, 0.6fr)', cell: (webhook) => <Health webhook={webhook} /> },
    // There is no room for both.
    ...(withTenant ? [] : [EVENT_TYPES]),
    ...(trends === null
      ? []
      : [
          {
            label: 'Last 24 hours',
            width: '112px',
            cell: ({ id }: Webhook) => (
              <Sparkline intervals={trends.get(id) ?? []} period="in the last 24 hours" />
            ),
          },
        ]),
    {
      label: 'Created',
      width: '100px',
      align: 'end',
      cell: ({ createdAt }) => <Time at={createdAt} relative />,
    },
  ];
}

function Name({ webhook: { id, url, description } }: { webhook: Webhook }) {
  return (
    <>
      <RowLink to="/webhooks/$webhookId" params={{ webhookId: id }}>
        {url}
      </RowLink>
      {description !== null && (
        <Text size="xs" c="dimmed" truncate>
          {description}
        </Text>
      )}
    </>
  );
}

const EVENT_TYPES: Column<Webhook> = {
  label: 'Event types',
  width: 'minmax(0, 1fr)',
  cell: ({ eventTypes }) => <EventTypes types={eventTypes} shown={1} />,
};

function Health({ webhook }: { webhook: Webhook }) {
  return (
    <>
      <Group gap={6}>
        <HealthBadge webhook={webhook} />
        {isSlow(webhook) && <SlowBadge />}
      </Group>
      <HealthNote health={webhook.health} />
    </>
  );
}
