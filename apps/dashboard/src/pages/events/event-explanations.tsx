import { Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import type { Explanation } from '../../api/types.js';
import { Badge } from '../../components/badge.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { explanationLabels } from './explanation-labels.js';

/** Explains for each webhook whether it matched an event, and why. */
export function EventExplanations({ eventId: id }: { eventId: string }) {
  const list = api.useInfiniteQuery(
    'get',
    '/v1/events/{id}/explain',
    { params: { path: { id }, query: { limit: PAGE_SIZE } } },
    PAGINATION,
  );
  return (
    <DataTable
      label="Webhooks and whether they matched"
      columns={COLUMNS}
      list={list}
      rowKey={({ webhookId }) => webhookId}
      empty={<EmptyState title="No webhooks">There was no webhook to receive this event.</EmptyState>}
    />
  );
}

const COLUMNS: Column<Explanation>[] = [
  { label: 'Webhook', cell: (explanation) => <WebhookLink explanation={explanation} /> },
  { label: 'Result', width: '120px', cell: (explanation) => <Result explanation={explanation} /> },
  { label: 'Reason', width: 'minmax(0, 1.2fr)', cell: (explanation) => <Reason explanation={explanation} /> },
];

/** Links to the delivery if there is one, otherwise to the webhook. */
function WebhookLink({ explanation: { webhookId, url, status, deliveryId } }: { explanation: Explanation }) {
  const seesDeliveries = useCan('deliveries:read');
  const name = url ?? webhookId;
  if (deliveryId !== undefined && seesDeliveries) {
    return (
      <RowLink to="/deliveries/$deliveryId" params={{ deliveryId }}>
        {name}
      </RowLink>
    );
  }
  if (status === 'deleted' || url === undefined) return name;
  return (
    <RowLink to="/webhooks/$webhookId" params={{ webhookId }}>
      {name}
    </RowLink>
  );
}

function Result({ explanation }: { explanation: Explanation }) {
  const { label, tone, icon } = explanationLabels(explanation);
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}

function Reason({ explanation }: { explanation: Explanation }) {
  return (
    <Text size="sm">
      {explanationLabels(explanation).reason}
      {explanation.detail !== undefined && (
        <>
          {' '}
          <Mono>{explanation.detail}</Mono>
        </>
      )}
    </Text>
  );
}
