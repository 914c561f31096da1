import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import type { Delivery } from '../../api/types.js';
import { formatCount } from '../../components/format-number.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { RowLink } from '../../components/row-link.js';
import { Time } from '../../components/time.js';
import { WebhookName } from '../../components/webhook-name.js';
import { DeliveryStatus } from '../deliveries/delivery-status.js';

/** The deliveries of an event. */
export function EventDeliveries({ eventId: id }: { eventId: string }) {
  const list = api.useInfiniteQuery(
    'get',
    '/v1/events/{id}/deliveries',
    { params: { path: { id }, query: { limit: PAGE_SIZE } } },
    PAGINATION,
  );
  return (
    <DataTable
      label="Deliveries of this event"
      columns={COLUMNS}
      list={list}
      rowKey={(delivery) => delivery.id}
      empty={
        <EmptyState title="No deliveries">
          No active webhook matched this event when it was published. The &ldquo;Matching&rdquo; tab explains
          why, for each webhook.
        </EmptyState>
      }
    />
  );
}

const COLUMNS: Column<Delivery>[] = [
  {
    label: 'Webhook',
    cell: ({ id, webhookId }) => (
      <RowLink to="/deliveries/$deliveryId" params={{ deliveryId: id }}>
        <WebhookName id={webhookId} />
      </RowLink>
    ),
  },
  { label: 'Status', width: '196px', cell: (delivery) => <DeliveryStatus delivery={delivery} /> },
  { label: 'Attempts', width: '64px', align: 'end', cell: ({ attemptCount }) => formatCount(attemptCount) },
  {
    label: 'Finished',
    width: '124px',
    align: 'end',
    cell: ({ settledAt }) => <Time at={settledAt} relative />,
  },
];
