import { Skeleton, Stack, Text } from '@mantine/core';
import { withDataText } from '@posthorn/core/json';
import { toProblem } from '../../api/problem.js';
import type { Attempt, Delivery, Webhook } from '../../api/types.js';
import { JsonView } from '../../components/json-view.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { type EventWithText, useEvent } from '../events/use-event.js';
import { useAttempts } from './use-attempts.js';

interface SentRequestProps {
  delivery: Delivery;
  webhook: Webhook | undefined;
}

/** The request as the receiver gets it, without secrets and past signatures. */
export function SentRequest({ delivery, webhook }: SentRequestProps) {
  const { attempts } = useAttempts(delivery);
  const { event, error, refetch, isFetching } = useEvent(delivery.eventId);
  return (
    <Panel title="Request" description="Every attempt sends the same body">
      {event ? (
        <Stack gap="sm">
          <JsonView
            value={headerLines({ delivery, webhook, newest: attempts?.[0] })}
            label="Request headers"
          />
          <JsonView value={toRequestBody(event)} label="Request body" />
        </Stack>
      ) : error && toProblem(error).status === 404 ? (
        <Text c="dimmed">This event&apos;s payload has expired.</Text>
      ) : error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Skeleton height={200} role="status" aria-label="Loading" />
      )}
    </Panel>
  );
}

interface HeaderLinesInput extends SentRequestProps {
  newest: Attempt | undefined;
}

function headerLines({ delivery, webhook, newest }: HeaderLinesInput): string {
  const headers = {
    'content-type': 'application/json',
    'webhook-id': delivery.eventId,
    'webhook-timestamp': newest
      ? String(Math.floor(Date.parse(newest.startedAt) / 1000))
      : '(time of the attempt)',
    'webhook-signature': 'v1,… (computed for each attempt)',
    ...Object.fromEntries((webhook?.headerNames ?? []).map((name) => [name, '(hidden)'])),
  };
  return [
    `POST ${webhook?.url ?? '(webhook URL)'}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
}

function toRequestBody({ id, type, timestamp, dataText }: EventWithText): string {
  return withDataText(JSON.stringify({ id, type, timestamp }), dataText);
}
