import { api } from '../../../api/api.js';
import { PAGED } from '../../../api/paged.js';
import type { components } from '../../../generated/api.js';
import { DataTable, type Column } from '../../../pieces/data-table.js';
import { EmptyState } from '../../../pieces/empty-state.js';
import { Mono } from '../../../pieces/mono.js';
import { Panel } from '../../../pieces/panel.js';
import { StatusBadge } from '../../../pieces/status-badge.js';
import { Time } from '../../../pieces/time.js';

type Delivery = components['schemas']['Delivery'];

const SHOWN = 8;

const COLUMNS: Column<Delivery>[] = [
  {
    label: 'Event type',
    cell: ({ eventType }) => (eventType === null ? 'Aged out' : <Mono>{eventType}</Mono>),
  },
  { label: 'State', width: '120px', cell: ({ status }) => <StatusBadge status={status} /> },
  { label: 'Attempts', width: '80px', align: 'end', cell: ({ attemptCount }) => attemptCount },
  {
    label: 'Created',
    width: '120px',
    align: 'end',
    cell: ({ createdAt }) => <Time at={createdAt} relative />,
  },
];

export function LatestDeliveries({ webhookId }: { webhookId: string }) {
  const deliveries = api.useInfiniteQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, limit: SHOWN } } },
    { ...PAGED, getNextPageParam: () => null },
  );
  return (
    <Panel title="Latest deliveries" flush>
      <DataTable
        flush
        label="Latest deliveries"
        columns={COLUMNS}
        list={deliveries}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No deliveries yet">
            Events of its types show up here as they are published.
          </EmptyState>
        }
      />
    </Panel>
  );
}
