import { Text } from '@mantine/core';
import { CircleCheck } from 'lucide-react';
import { api } from '../../api/api.js';
import { formatCount } from '../../components/format-number.js';
import { DataTableSkeleton } from '../../components/data-table-skeleton.js';
import { EmptyState } from '../../components/empty-state.js';
import { LinkList, LinkListItem } from '../../components/link-list.js';
import { Panel } from '../../components/panel.js';
import { RowLink } from '../../components/row-link.js';
import { countFailures, mostFailing, type Stats, type WebhookStats } from './stats.js';

const MAX_WEBHOOKS = 5;

/** The webhooks with the most failed attempts. */
export function FailingWebhooks({ stats }: { stats: Stats | undefined }) {
  const failing = stats && mostFailing(stats, MAX_WEBHOOKS);
  return (
    <Panel title="Failing webhooks" description="Webhooks with the most failed attempts" flush>
      {failing === undefined ? (
        <DataTableSkeleton height={54} gap={0} />
      ) : failing.length === 0 ? (
        <EmptyState title="No failures" icon={CircleCheck}>
          Every attempt in this time range succeeded.
        </EmptyState>
      ) : (
        <LinkList>
          {failing.map((webhook) => (
            <FailingWebhook key={webhook.webhookId} webhook={webhook} />
          ))}
        </LinkList>
      )}
    </Panel>
  );
}

function FailingWebhook({ webhook }: { webhook: WebhookStats }) {
  const { webhookId: id, attempts } = webhook;
  // A deleted webhook is not found, so its ID is shown.
  const { data } = api.useQuery('get', '/v1/webhooks/{id}', { params: { path: { id } } });
  return (
    <LinkListItem
      link={
        <RowLink to="/webhooks/$webhookId" params={{ webhookId: id }}>
          {data?.url ?? id}
        </RowLink>
      }
      note={data?.description ?? undefined}
      aside={
        <>
          <Text span size="sm" fw={600}>
            {formatCount(countFailures(webhook))}
          </Text>{' '}
          <Text span size="sm" c="dimmed">
            of {formatCount(attempts)} attempts failed
          </Text>
        </>
      }
    />
  );
}
