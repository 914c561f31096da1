import { Skeleton, Stack, Text } from '@mantine/core';
import { withDataText } from '@posthorn/core/json';
import { toProblem } from '../../api/problem.js';
import type { Attempt, Delivery, Webhook } from '../../api/types.js';
import { CopyCurlButton } from '../../components/copy-curl-button.js';
import { toCurl } from '../../components/curl.js';
import { JsonView } from '../../components/json-view.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { type EventWithText, useEvent } from '../events/use-event.js';
import { useAttempts } from './use-attempts.js';
import { t } from '../../i18n/t.js';

interface SentRequestProps {
  delivery: Delivery;
  webhook: Webhook | undefined;
}

/** The request as the receiver gets it, without secrets and past signatures. */
export function SentRequest({ delivery, webhook }: SentRequestProps) {
  const { attempts } = useAttempts(delivery);
  const { event, error, refetch, isFetching } = useEvent(delivery.eventId);
  const headers = headersOf({ delivery, webhook, newest: attempts?.[0] });
  return (
    <Panel
      title={t('Request')}
      description={t('Every attempt sends the same body')}
      actions={
        event &&
        webhook && (
          <CopyCurlButton command={toCurl({ url: webhook.url, headers, body: toRequestBody(event) })} />
        )
      }
    >
      {event ? (
        <Stack gap="sm">
          {webhook && Object.keys(webhook.effectiveDeliveryFormat).length > 0 && (
            <Text size="sm" c="dimmed">
              {t(
                'This is the standard format. The webhook has a delivery format of its own or of its tenant, which you can preview in its settings.',
              )}
            </Text>
          )}
          <JsonView value={headerLines(webhook?.url, headers)} label={t('Request headers')} />
          <JsonView value={toRequestBody(event)} label={t('Request body')} />
        </Stack>
      ) : error && toProblem(error).status === 404 ? (
        <Text c="dimmed">{t("This event's payload has expired.")}</Text>
      ) : error ? (
        <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />
      ) : (
        <Skeleton height={200} role="status" aria-label={t('Loading')} />
      )}
    </Panel>
  );
}

interface HeadersInput extends SentRequestProps {
  newest: Attempt | undefined;
}

/** Returns the headers of the newest attempt, with placeholders for the signature and for custom headers. */
function headersOf({ delivery, webhook, newest }: HeadersInput): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': delivery.eventId,
    'webhook-timestamp': newest
      ? String(Math.floor(Date.parse(newest.startedAt) / 1000))
      : t('(time of the attempt)'),
    'webhook-signature': `v1,… ${t('(computed for each attempt)')}`,
    ...Object.fromEntries((webhook?.headerNames ?? []).map((name) => [name, t('(hidden)')])),
  };
}

function headerLines(url: string | undefined, headers: Record<string, string>): string {
  return [
    `POST ${url ?? t('(webhook URL)')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
}

function toRequestBody({ id, type, timestamp, dataText }: EventWithText): string {
  return withDataText(JSON.stringify({ id, type, timestamp }), dataText);
}
