import { Group, Skeleton } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import type { Webhook } from '../../api/types.js';
import { EventTypes } from '../../pieces/event-types.js';
import { Facts } from '../../pieces/facts.js';
import { Mono } from '../../pieces/mono.js';
import { Page } from '../../pieces/page.js';
import { Panel } from '../../pieces/panel.js';
import { ProblemAlert } from '../../pieces/problem-alert.js';
import { StatusBadge } from '../../pieces/status-badge.js';
import { TextLink } from '../../pieces/text-link.js';
import { Time } from '../../pieces/time.js';

const route = getRouteApi('/_app/webhooks/$webhookId');

export function WebhookPage() {
  const { webhookId: id } = route.useParams();
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/webhooks/{id}', {
    params: { path: { id } },
  });
  return (
    <Page
      title={data?.url ?? 'Webhook'}
      above={<TextLink to="/webhooks">Webhooks</TextLink>}
      heading={
        <Group gap="sm">
          {data?.url ?? id}
          {data && <StatusBadge status={data.status} />}
        </Group>
      }
    >
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {data ? (
        <Panel title="Settings">
          <Settings webhook={data} />
        </Panel>
      ) : (
        !error && <Skeleton height={320} />
      )}
    </Page>
  );
}

function Settings({ webhook }: { webhook: Webhook }) {
  return (
    <Facts
      facts={{
        Id: <Mono copy="id">{webhook.id}</Mono>,
        URL: <Mono copy="URL">{webhook.url}</Mono>,
        'New URL': webhook.pendingUrl === null ? undefined : <Mono>{webhook.pendingUrl}</Mono>,
        Description: webhook.description ?? undefined,
        Events: <EventTypes types={webhook.eventTypes} shown={webhook.eventTypes.length} />,
        'Active since': <Time at={webhook.activeSince} />,
        Created: <Time at={webhook.createdAt} />,
      }}
    />
  );
}
