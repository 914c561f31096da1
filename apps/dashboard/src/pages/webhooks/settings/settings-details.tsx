import type { ReactNode } from 'react';
import type { Webhook } from '../../../api/types.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { AUTH_LABELS } from '../auth-labels.js';
import { GENERAL_SETTINGS, REQUEST_SETTINGS } from '../column-settings.js';
import { DELIVERY_LABELS } from '../delivery-method.js';
import { formatRateLimit } from '../format-rate-limit.js';
import { columnDetails } from './column-details.js';
import { t } from '../../../i18n/t.js';

/** The settings, for keys without write access. */
export function SettingsDetails({ webhook }: { webhook: Webhook }) {
  const { delivery, url, pendingUrl, eventTypes, filter, effectiveDeliveryFormat } = webhook;
  return (
    <Panel title={t('Settings')} description={t('You have read-only access.')}>
      <DetailList
        details={{
          [t('Delivery method')]: DELIVERY_LABELS[delivery],
          [t('URL')]: url === null ? undefined : <Mono copy={t('URL')}>{url}</Mono>,
          [t('New URL')]: pendingUrl === null ? undefined : <Mono>{pendingUrl}</Mono>,
          [t('Event types')]: <EventTypes types={eventTypes} shown={eventTypes.length} />,
          ...columnDetails(webhook, ['description']),
          [t('Filter')]: filter === null ? t('None') : <JsonView value={filter} label={t('Filter')} />,
          [t('Delivery format')]:
            Object.keys(effectiveDeliveryFormat).length === 0 ? (
              t('Standard')
            ) : (
              <JsonView value={effectiveDeliveryFormat} label={t('Delivery format')} />
            ),
          ...(delivery === 'push' && requestSettings(webhook)),
          ...columnDetails(webhook, GENERAL_SETTINGS),
        }}
      />
    </Panel>
  );
}

/** The settings that concern requests. */
function requestSettings(webhook: Webhook): Record<string, ReactNode> {
  const { headerNames, rateLimit, auth, numbered } = webhook;
  return {
    [t('Headers')]: headerNames.length === 0 ? t('None') : <Mono>{headerNames.join(', ')}</Mono>,
    [t('Authentication')]: auth === null ? t('None') : AUTH_LABELS[auth.type],
    ...columnDetails(webhook, ['retrySchedule', 'timeoutMs', 'maxInFlight']),
    [t('Rate limit')]: formatRateLimit(rateLimit),
    // The three above keep their places.
    ...columnDetails(webhook, REQUEST_SETTINGS),
    [t('Numbered deliveries')]: numbered ? t('Yes') : undefined,
  };
}
