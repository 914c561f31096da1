import { Skeleton, Stack, Text } from '@mantine/core';
import { api } from '../../api/api.js';
import { toProblem } from '../../api/problem.js';
import type { Attempt, Delivery, PublishedEvent, Webhook } from '../../api/types.js';
import { JsonView } from '../../components/json-view.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { useAttempts } from './use-attempts.js';

interface SentRequestProps {
  delivery: Delivery;
  webhook: Webhook | undefined;
}

/** The request that the receiver gets, as far as it is kept. */
export function SentRequest({ delivery, webhook }: SentRequestProps) {
  const { attempts } = useAttempts(delivery);
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/events/{id}', {
    params: { path: { id: delivery.eventId } },
  });
  return (
    <Panel title="Request" description="The body is the same at every attempt">
      {data ? (
        <Stack gap="sm">
          <JsonView
            value={headerLines({ delivery, webhook, newest: attempts?.[0] })}
            label="Head of the request"
          />
          <JsonView value={bodyOf(data)} label="Body of the request" />
        </Stack>
      ) : error && toProblem(error).status === 404 ? (
        <Text c="dimmed">The data of the event are not kept any more.</Text>
      ) : error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Skeleton height={200} role="status" aria-label="Loading" />
      )}
    </Panel>
  );
}

interface Head extends SentRequestProps {
  newest: Attempt | undefined;
}

function headerLines({ delivery, webhook, newest }: Head): string {
  const headers = {
    'content-type': 'application/json',
    'webhook-id': delivery.eventId,
    'webhook-timestamp': newest
      ? String(Math.floor(Date.parse(newest.startedAt) / 1000))
      : '(when the attempt begins)',
    'webhook-signature': 'v1,… (of each attempt)',
    ...Object.fromEntries((webhook?.headerNames ?? []).map((name) => [name, '(kept secret)'])),
  };
  return [
    `POST ${webhook?.url ?? '(the URL of the webhook)'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
}

function bodyOf({ id, type, timestamp, data }: PublishedEvent) {
  return { id, type, timestamp, data };
}
