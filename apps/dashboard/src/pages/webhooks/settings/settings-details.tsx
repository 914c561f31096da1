import type { ReactNode } from 'react';
import type { Webhook } from '../../../api/types.js';
import { formatCount, formatDuration } from '../../../components/format-number.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { TagList } from '../../../components/tag-list.js';
import { AUTH_LABELS } from '../auth-labels.js';
import { DELIVERY_LABELS } from '../delivery-method.js';
import { formatDelay } from '../form/retry-delay.js';
import { EXHAUSTED_LABELS, ORDERING_LABELS } from '../ordering-labels.js';
import { formatRateLimit } from '../format-rate-limit.js';
import { t } from '../../../i18n/t.js';

/** The settings, for keys without write access. */
export function SettingsDetails({ webhook }: { webhook: Webhook }) {
  const { externalId, delivery, url, pendingUrl, eventTypes, description, filter, metadata } = webhook;
  const { effectiveDeliveryFormat } = webhook;
  return (
    <Panel title={t('Settings')} description={t('You have read-only access.')}>
      <DetailList
        details={{
          [t('Delivery method')]: DELIVERY_LABELS[delivery],
          [t('URL')]: url === null ? undefined : <Mono copy={t('URL')}>{url}</Mono>,
          [t('New URL')]: pendingUrl === null ? undefined : <Mono>{pendingUrl}</Mono>,
          [t('Event types')]: <EventTypes types={eventTypes} shown={eventTypes.length} />,
          [t('Description')]: description ?? undefined,
          [t('Filter')]: filter === null ? t('None') : <JsonView value={filter} label={t('Filter')} />,
          [t('Delivery format')]:
            Object.keys(effectiveDeliveryFormat).length === 0 ? (
              t('Standard')
            ) : (
              <JsonView value={effectiveDeliveryFormat} label={t('Delivery format')} />
            ),
          ...(delivery === 'push' && requestSettings(webhook)),
          [t('External ID')]:
            externalId === null ? undefined : <Mono copy={t('external ID')}>{externalId}</Mono>,
          [t('Tags')]: webhook.tags.length === 0 ? undefined : <TagList tags={webhook.tags} />,
          [t('Metadata')]:
            Object.keys(metadata).length === 0 ? undefined : (
              <JsonView value={metadata} label={t('Metadata')} />
            ),
        }}
      />
    </Panel>
  );
}

/** The settings that concern requests. */
function requestSettings(webhook: Webhook): Record<string, ReactNode> {
  const { headerNames, retrySchedule, timeoutMs, rateLimit, maxInFlight, autoSuspendAfterDays } = webhook;
  const { ordering, onExhausted, maxBlockedMinutes, numbered } = webhook;
  const isOrdered = ordering !== 'none';
  return {
    [t('Headers')]: headerNames.length === 0 ? t('None') : <Mono>{headerNames.join(', ')}</Mono>,
    [t('Authentication')]: webhook.auth === null ? t('None') : AUTH_LABELS[webhook.auth.type],
    [t('Retry schedule')]:
      retrySchedule.length === 0 ? t('No retries') : retrySchedule.map(formatDelay).join(', '),
    [t('Timeout')]: formatDuration(timeoutMs),
    [t('Max requests in flight')]: formatCount(maxInFlight),
    [t('Rate limit')]: formatRateLimit(rateLimit),
    [t('Automatic suspension')]:
      autoSuspendAfterDays === 0
        ? t('Never')
        : t('After {{count}} days without a success', { count: autoSuspendAfterDays }),
    [t('Delivery order')]: ORDERING_LABELS[ordering],
    [t('When the retries are exhausted')]: isOrdered ? EXHAUSTED_LABELS[onExhausted] : undefined,
    [t('Longest block')]: isOrdered ? formatDelay(60 * maxBlockedMinutes) : undefined,
    [t('Numbered deliveries')]: numbered ? t('Yes') : undefined,
  };
}
