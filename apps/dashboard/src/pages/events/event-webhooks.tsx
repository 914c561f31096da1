import { Text } from '@mantine/core';
import { fieldMessage } from '../../problems/problem-texts.js';
import { useCan } from '../../api/session.js';
import type { Explanation } from '../../api/types.js';
import { ageColumn } from '../../components/age-column.js';
import { Badge } from '../../components/badge.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { formatCount } from '../../components/format-number.js';
import { LastResult } from '../../components/last-result.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { WebhookDescription, WebhookName } from '../../components/webhook-name.js';
import { DeliveryStatus } from '../deliveries/delivery-status.js';
import { explanationLabels } from './explanation-labels.js';
import { type EventWebhook, useEventWebhooks } from './use-event-webhooks.js';
import { t } from '../../i18n/t.js';

/** The deliveries of an event, and why the other webhooks have none. */
export function EventWebhooks({ eventId }: { eventId: string }) {
  return (
    <DataTable
      label={t('Webhooks of this event')}
      columns={COLUMNS}
      list={useEventWebhooks(eventId)}
      empty={
        <EmptyState title={t('No webhooks')}>{t('There was no webhook to receive this event.')}</EmptyState>
      }
    />
  );
}

const COLUMNS: Column<EventWebhook>[] = [
  { label: t('Webhook'), cell: (row) => <WebhookCell row={row} /> },
  {
    label: t('Result'),
    width: '176px',
    cell: (row) =>
      'delivery' in row ? (
        <DeliveryStatus delivery={row.delivery} />
      ) : (
        <Result explanation={row.explanation} />
      ),
  },
  { label: t('Reason'), width: 'minmax(0, 1fr)', cell: (row) => <Reason row={row} /> },
  {
    label: t('Attempts'),
    width: '64px',
    align: 'end',
    cell: (row) => ('delivery' in row ? formatCount(row.delivery.attemptCount) : '–'),
  },
  ageColumn(t('Finished'), (row) => ('delivery' in row ? row.delivery.settledAt : null)),
];

function WebhookCell({ row }: { row: EventWebhook }) {
  if (!('delivery' in row)) return <ExplainedWebhook explanation={row.explanation} />;
  return (
    <RowLink to="/deliveries/$deliveryId" params={{ deliveryId: row.delivery.id }}>
      <WebhookName id={row.delivery.webhookId} />
    </RowLink>
  );
}

/** Links to the delivery if there is one, otherwise to the webhook. */
function ExplainedWebhook({
  explanation: { webhookId, url, description, status, deliveryId },
}: {
  explanation: Explanation;
}) {
  const seesDeliveries = useCan('deliveries:read');
  const name = (
    <>
      {url ?? webhookId}
      <WebhookDescription>{description}</WebhookDescription>
    </>
  );
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
  return <Badge tone={tone} icon={icon} label={label} />;
}

/** The result of the last attempt, or why the webhook has no delivery. */
function Reason({ row }: { row: EventWebhook }) {
  if ('delivery' in row) {
    return (
      <Text size="sm">
        <LastResult result={row.delivery} />
      </Text>
    );
  }
  const { explanation } = row;
  return (
    <Text size="sm">
      {explanationLabels(explanation).reason}
      {explanation.violation && (
        <>
          {' '}
          <Mono>{`${explanation.violation.path} ${fieldMessage(explanation.violation)}`}</Mono>
        </>
      )}
    </Text>
  );
}
