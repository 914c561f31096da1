import { Skeleton } from '@mantine/core';
import { api } from '../../api/api.js';
import { EmptyState } from '../../components/empty-state.js';
import { LinkList, LinkListItem } from '../../components/link-list.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { RowLink } from '../../components/row-link.js';
import { StatusBadge } from '../../components/status-badge.js';
import { TextLink } from '../../components/text-link.js';
import { webhookTitle } from '../../components/webhook-name.js';
import { useListedTenant } from '../../search/use-listed-tenant.js';
import { t } from '../../i18n/t.js';

const MAX_WEBHOOKS = 10;

/** Lists the webhooks that subscribe to an event type, by name or by pattern. */
export function SubscribedWebhooks({ eventType }: { eventType: string }) {
  const tenantId = useListedTenant();
  const { data, error, refetch } = api.useQuery('get', '/v1/webhooks', {
    params: { query: { eventType, tenantId, limit: MAX_WEBHOOKS } },
  });
  return (
    <Panel
      title={t('Subscribed webhooks')}
      description={t('Webhooks that subscribe to this type, by name or by pattern')}
      flush
      actions={
        data?.nextCursor && (
          <TextLink to="/webhooks" search={{ eventType }}>
            {t('View all')}
          </TextLink>
        )
      }
    >
      {error && <ProblemAlert error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton height={96} />}
      {data?.data.length === 0 && (
        <EmptyState title={t('No subscribed webhooks')}>
          {t('Webhooks that subscribe to this event type appear here.')}
        </EmptyState>
      )}
      {data && data.data.length > 0 && (
        <LinkList>
          {data.data.map(({ id, url, status, description }) => (
            <LinkListItem
              key={id}
              link={
                <RowLink to="/webhooks/$webhookId" params={{ webhookId: id }}>
                  {webhookTitle({ id, url })}
                </RowLink>
              }
              note={description ?? undefined}
              aside={<StatusBadge status={status} />}
            />
          ))}
        </LinkList>
      )}
    </Panel>
  );
}
