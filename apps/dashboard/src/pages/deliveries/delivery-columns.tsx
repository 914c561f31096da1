import { Checkbox, Group, Text } from '@mantine/core';
import type { Delivery } from '../../api/types.js';
import { ageColumn } from '../../components/age-column.js';
import type { Column } from '../../components/data-table.js';
import { formatCount } from '../../components/format-number.js';
import { LastResult } from '../../components/last-result.js';
import { Mono } from '../../components/mono.js';
import { RowLink } from '../../components/row-link.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { WebhookName } from '../../components/webhook-name.js';
import classes from './delivery-list.module.css';
import { DeliveryStatus } from './delivery-status.js';
import { retryBlocker } from './retry-labels.js';
import { MAX_SELECTED, type Selection } from './use-selection.js';
import { t } from '../../i18n/t.js';

interface DeliveryColumns {
  /** The loaded rows. */
  rows: readonly Delivery[];
  /** Null for a table without selection. */
  selection: Selection | null;
  withWebhook: boolean;
  withTenant: boolean;
}

export function deliveryColumns({
  rows,
  selection,
  withWebhook,
  withTenant,
}: DeliveryColumns): Column<Delivery>[] {
  return [
    {
      label: t('Event'),
      ...(selection && { head: <SelectAll rows={rows} selection={selection} /> }),
      width: 'minmax(0, 1.3fr)',
      cell: (delivery) => (
        <Group gap={12} wrap="nowrap">
          {selection && <SelectBox delivery={delivery} selection={selection} />}
          <DeliveryLink delivery={delivery} />
        </Group>
      ),
    },
    ...(withWebhook ? [WEBHOOK] : []),
    ...tenantColumn<Delivery>(withTenant),
    { label: t('Status'), width: '176px', cell: (delivery) => <DeliveryStatus delivery={delivery} /> },
    {
      label: t('Last result'),
      width: '92px',
      cell: (delivery) => (
        <Text size="sm" truncate>
          <LastResult result={delivery} />
        </Text>
      ),
    },
    {
      label: t('Attempts'),
      width: '64px',
      align: 'end',
      cell: ({ attemptCount }) => formatCount(attemptCount),
    },
    ageColumn(t('Created'), ({ createdAt }) => createdAt),
  ];
}

const WEBHOOK: Column<Delivery> = {
  label: t('Webhook'),
  width: 'minmax(0, 1.2fr)',
  cell: ({ webhookId }) => (
    <Text size="sm" truncate>
      <WebhookName id={webhookId} />
    </Text>
  ),
};

function DeliveryLink({ delivery: { id, eventType } }: { delivery: Delivery }) {
  return (
    <div className={classes.name}>
      <RowLink to="/deliveries/$deliveryId" params={{ deliveryId: id }}>
        {eventType ?? t('Expired event')}
      </RowLink>
      <Text size="xs" c="dimmed" truncate component="div">
        <Mono>{id}</Mono>
      </Text>
    </div>
  );
}

function SelectAll({ rows, selection }: { rows: readonly Delivery[]; selection: Selection }) {
  const count = selection.ids.size;
  const selectable = rows.filter(isSelectable).map(({ id }) => id);
  const isAll = count > 0 && count >= Math.min(selectable.length, MAX_SELECTED);
  return (
    <Group gap={12} wrap="nowrap">
      <Checkbox
        size="xs"
        visibleFrom="sm"
        aria-label={t('Select the first {{max}} deliveries that can be retried', { max: MAX_SELECTED })}
        checked={isAll}
        indeterminate={count > 0 && !isAll}
        disabled={selectable.length === 0}
        onChange={() => selection.replace(count > 0 ? [] : selectable)}
      />
      {t('Event')}
    </Group>
  );
}

function SelectBox({ delivery, selection }: { delivery: Delivery; selection: Selection }) {
  const isSelected = selection.ids.has(delivery.id);
  return (
    <Checkbox
      className={classes.box}
      size="xs"
      aria-label={t('Select delivery {{id}}', { id: delivery.id })}
      checked={isSelected}
      disabled={!isSelectable(delivery) || (selection.isFull && !isSelected)}
      onChange={() => selection.toggle(delivery.id)}
    />
  );
}

/** Ignores the status of the webhook: the API checks it on retry. */
function isSelectable(delivery: Delivery): boolean {
  return retryBlocker(delivery, undefined) === null;
}
