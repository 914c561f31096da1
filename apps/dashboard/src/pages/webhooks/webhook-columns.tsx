import { Group, Text } from '@mantine/core';
import type { Webhook } from '../../api/types.js';
import type { Column } from '../../components/data-table.js';
import { formatAge, formatDuration } from '../../components/format-number.js';
import { HealthBadge, HealthNote } from '../../components/health-badge.js';
import { RowLink } from '../../components/row-link.js';
import { Sparkline, type SparklineInterval } from '../../components/sparkline.js';
import { StatusBadge } from '../../components/status-badge.js';
import { isSlow, SlowBadge } from '../../components/slow-badge.js';
import { TagList } from '../../components/tag-list.js';
import { tenantColumn } from '../../components/tenant-column.js';
import { Time } from '../../components/time.js';
import { WebhookDescription, webhookTitle } from '../../components/webhook-name.js';
import { useNow } from '../../search/use-now.js';
import { DELIVERY_LABELS } from './delivery-method.js';
import { t } from '../../i18n/t.js';

interface WebhookColumns {
  /** Null omits the column. */
  trends: Map<string, SparklineInterval[]> | null;
  withTenant: boolean;
}

export function webhookColumns({ trends, withTenant }: WebhookColumns): Column<Webhook>[] {
  return [
    { label: t('URL'), width: 'minmax(160px, 2fr)', cell: (webhook) => <Name webhook={webhook} /> },
    ...tenantColumn<Webhook>(withTenant),
    { label: t('Status'), width: '144px', cell: ({ status }) => <StatusBadge status={status} /> },
    { label: t('Health'), width: 'minmax(184px, 0.6fr)', cell: (webhook) => <Health webhook={webhook} /> },
    ...(trends === null
      ? []
      : [
          {
            label: t('Last 24 hours'),
            width: '112px',
            cell: ({ id }: Webhook) => <Sparkline intervals={trends.get(id) ?? []} />,
          },
        ]),
    {
      label: t('Last delivery'),
      width: '136px',
      align: 'end',
      cell: (webhook) => <LastDelivery webhook={webhook} />,
    },
  ];
}

function Name({ webhook: { id, url, description, tags } }: { webhook: Webhook }) {
  return (
    <>
      <RowLink to="/webhooks/$webhookId" params={{ webhookId: id }}>
        {webhookTitle({ id, url })}
      </RowLink>
      <WebhookDescription>{description}</WebhookDescription>
      <TagList tags={tags} />
    </>
  );
}

const REFRESH_MS = 15_000;

/** When the last attempt was made, the average response time, and the age of the backlog if there is one. */
function LastDelivery({ webhook: { health, oldestPendingAt } }: { webhook: Webhook }) {
  const now = useNow(REFRESH_MS);
  const notes = [
    health.averageMs !== null && formatDuration(health.averageMs),
    oldestPendingAt !== null &&
      t('{{age}} behind', { age: formatAge(Math.max(0, now - Date.parse(oldestPendingAt)) / 1000) }),
  ].filter((note) => note !== false);
  return (
    <>
      <Time at={health.lastAttemptAt} relative />
      {notes.length > 0 && (
        <Text size="xs" c="dimmed" truncate>
          {notes.join(' · ')}
        </Text>
      )}
    </>
  );
}

function Health({ webhook }: { webhook: Webhook }) {
  if (webhook.delivery === 'pull')
    return (
      <Text size="sm" c="dimmed">
        {DELIVERY_LABELS.pull}
      </Text>
    );
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
