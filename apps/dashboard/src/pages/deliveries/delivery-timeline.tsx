import '../../theme/mantine-timeline.css';
import { Button, Stack, Text, Timeline } from '@mantine/core';
import { Check, Clock, Hourglass, Inbox, X } from 'lucide-react';
import type { Attempt, Delivery } from '../../api/types.js';
import { failureText } from '../../components/failure-text.js';
import { formatDuration } from '../../components/format-number.js';
import { headerLines } from '../../components/header-lines.js';
import { JsonView } from '../../components/json-view.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { Time } from '../../components/time.js';
import { useWebhookById } from '../../components/webhook-name.js';
import { useNow } from '../../search/use-now.js';
import { formatRateLimit } from '../webhooks/format-rate-limit.js';
import { AttemptRequest } from './attempt-request.js';
import classes from './delivery-timeline.module.css';
import { DeliveryLink } from './delivery-link.js';
import { formatRemaining } from './format-remaining.js';
import { TriggerBadge } from './trigger-badge.js';
import { useAttempts } from './use-attempts.js';
import { t, tNode } from '../../i18n/t.js';

interface DeliveryTimelineProps {
  delivery: Delivery;
  /** Whether the caller may see requests. */
  showsRequests: boolean;
}

/** The history of a delivery, newest first: the next attempt, past attempts, the creation. */
export function DeliveryTimeline({ delivery, showsRequests }: DeliveryTimelineProps) {
  const { attempts, ...query } = useAttempts(delivery);
  return (
    <Panel title={t('Attempts')}>
      {attempts ? (
        <Timeline bulletSize={26} lineWidth={2} classNames={classes}>
          {delivery.status === 'pending' && (
            <Timeline.Item
              key="next"
              lineVariant="dashed"
              data-tone="busy"
              bullet={
                isWaiting(delivery) ? <Hourglass size={14} aria-hidden /> : <Clock size={14} aria-hidden />
              }
              title={<NextAttempt delivery={delivery} />}
            >
              <NextAttemptNote delivery={delivery} />
            </Timeline.Item>
          )}
          {attempts.map((attempt) => (
            <Timeline.Item
              key={attempt.id}
              data-tone={attempt.succeeded ? 'good' : 'bad'}
              bullet={attempt.succeeded ? <Check size={14} aria-hidden /> : <X size={14} aria-hidden />}
              title={attemptTitle(attempt)}
            >
              <AttemptDetail attempt={attempt} showsRequest={showsRequests} />
            </Timeline.Item>
          ))}
          {query.hasNextPage ? (
            <Timeline.Item key="more" bullet={<Clock size={14} aria-hidden />} title={t('Earlier attempts')}>
              <Button
                variant="default"
                size="xs"
                mt={4}
                onClick={() => void query.fetchNextPage()}
                loading={query.isFetchingNextPage}
              >
                {t('Show earlier attempts')}
              </Button>
            </Timeline.Item>
          ) : (
            <Timeline.Item key="created" bullet={<Inbox size={14} aria-hidden />} title={t('Created')}>
              <Text size="sm" c="dimmed" component="div">
                <Time at={delivery.createdAt} />
              </Text>
            </Timeline.Item>
          )}
        </Timeline>
      ) : (
        <QueryPlaceholder query={query} heights={[64, 64]} />
      )}
    </Panel>
  );
}

/** Returns whether the next attempt has no time yet. */
const isWaiting = ({ held, waitsFor }: Delivery): boolean => held || waitsFor !== null;

function NextAttempt({ delivery: { held, nextAttemptAt, attemptCount, waitsFor } }: { delivery: Delivery }) {
  const now = useNow(1000);
  const number = attemptCount + 1;
  const isFirst = attemptCount === 0;
  if (waitsFor !== null) return t('Waits for an earlier delivery');
  if (held) return isFirst ? t('First attempt held') : t('Attempt {{number}} held', { number });
  const remaining = nextAttemptAt === null ? null : formatRemaining(Date.parse(nextAttemptAt) - now);
  if (remaining === null)
    return isFirst ? t('First attempt due now') : t('Attempt {{number}} due now', { number });
  const shown = <span className={classes.remaining}>{remaining}</span>;
  return isFirst
    ? tNode('First attempt in {{remaining}}', { remaining: shown })
    : tNode('Attempt {{number}} in {{remaining}}', { number, remaining: shown });
}

function NextAttemptNote({
  delivery: { held, heldReason, nextAttemptAt, waitsFor, webhookId },
}: {
  delivery: Delivery;
}) {
  return (
    <Text size="sm" c="dimmed" component="div">
      {waitsFor !== null ? (
        tNode('{{delivery}} must succeed or finally fail first.', {
          delivery: <DeliveryLink deliveryId={waitsFor} />,
        })
      ) : held ? (
        <HeldReason webhookId={webhookId} reason={heldReason} />
      ) : (
        <Time at={nextAttemptAt} />
      )}
    </Text>
  );
}

function HeldReason({ webhookId, reason }: { webhookId: string; reason: Delivery['heldReason'] }) {
  const rateLimit = useWebhookById(webhookId).webhook?.rateLimit ?? null;
  switch (reason) {
    case 'access_token':
      return t(
        'The webhook has no access token: it is being fetched, or the last request for one failed. The delivery continues as soon as there is one.',
      );
    case 'paused':
      return t('The receiver asked for a pause (Retry-After). The delivery continues when it ends.');
    case 'rate_limit':
      return rateLimit === null
        ? t('The webhook has reached its rate limit.')
        : t('The webhook has reached its rate limit of {{limit}}.', { limit: formatRateLimit(rateLimit) });
    case 'window':
      return t('The webhook has as many requests in flight as its receiver can handle now.');
    case null:
      return t('The webhook has reached one of its limits, or the receiver asked for a pause (Retry-After).');
  }
}

function AttemptDetail({ attempt, showsRequest }: { attempt: Attempt; showsRequest: boolean }) {
  const { number, trigger, startedAt, durationMs, responseHeaders, responseBody, error } = attempt;
  return (
    <Stack gap={8}>
      <Text size="sm" c="dimmed" component="div">
        <Time at={startedAt} /> · {formatDuration(durationMs)}{' '}
        {trigger !== 'schedule' && <TriggerBadge trigger={trigger} />}
      </Text>
      {error && (
        <Text size="sm" component="div">
          {failureText(error)} <Mono>{error.code}</Mono>
        </Text>
      )}
      {responseHeaders !== null && (
        <JsonView
          value={headerLines(responseHeaders)}
          label={t('Response headers of attempt {{number}}', { number })}
          maxHeight={120}
        />
      )}
      {responseBody !== null && responseBody !== '' && (
        <JsonView
          value={responseBody}
          label={t('Response body of attempt {{number}}', { number })}
          maxHeight={160}
        />
      )}
      {showsRequest && <AttemptRequest attempt={attempt} />}
    </Stack>
  );
}

function attemptTitle({ number, succeeded, responseStatus }: Attempt): string {
  const response = responseStatus === null ? t('no response') : `HTTP ${responseStatus}`;
  return succeeded
    ? t('Attempt {{number}} succeeded · {{response}}', { number, response })
    : t('Attempt {{number}} failed · {{response}}', { number, response });
}
