import { Group, Text } from '@mantine/core';
import { Turtle } from 'lucide-react';
import type { Webhook } from '../../api/types.js';
import { Badge } from '../../components/badge.js';
import type { Column } from '../../components/data-table.js';
import { EventTypes } from '../../components/event-types.js';
import { RowLink } from '../../components/row-link.js';
import { Sparkline, type SparklineInterval } from '../../components/sparkline.js';
import { StatusBadge } from '../../components/status-badge.js';
import { Time } from '../../components/time.js';

/** @param trends null omits the column */
export function webhookColumns(trends: Map<string, SparklineInterval[]> | null): Column<Webhook>[] {
  return [
    { label: 'URL', width: 'minmax(0, 2fr)', cell: (webhook) => <Name webhook={webhook} /> },
    { label: 'Status', width: '156px', cell: (webhook) => <Status webhook={webhook} /> },
    {
      label: 'Event types',
      width: 'minmax(0, 1fr)',
      cell: ({ eventTypes }) => <EventTypes types={eventTypes} shown={1} />,
    },
    ...(trends === null
      ? []
      : [
          {
            label: 'Last 24 hours',
            width: '120px',
            cell: ({ id }: Webhook) => (
              <Sparkline intervals={trends.get(id) ?? []} period="in the last 24 hours" />
            ),
          },
        ]),
    {
      label: 'Created',
      width: '112px',
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

function Status({ webhook: { status, slow } }: { webhook: Webhook }) {
  return (
    <Group gap={6}>
      <StatusBadge status={status} />
      {slow && (
        <Badge tone="warn" icon={Turtle}>
          Slow
        </Badge>
      )}
    </Group>
  );
}
