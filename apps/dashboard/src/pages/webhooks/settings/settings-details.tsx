import type { Webhook } from '../../../api/types.js';
import { formatCount, formatDuration } from '../../../components/format-number.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { formatDelay } from '../form/retry-delay.js';
import { formatRateLimit } from '../format-rate-limit.js';

/** The settings, for keys without write access. */
export function SettingsDetails({ webhook }: { webhook: Webhook }) {
  const { externalId, url, pendingUrl, eventTypes, description, headerNames, filter, metadata } = webhook;
  const { effectiveDeliveryFormat, retrySchedule, timeoutMs, rateLimit, maxInFlight, autoSuspendAfterDays } =
    webhook;
  return (
    <Panel title="Settings" description="You have read-only access.">
      <DetailList
        details={{
          URL: <Mono copy="URL">{url}</Mono>,
          'New URL': pendingUrl === null ? undefined : <Mono>{pendingUrl}</Mono>,
          'Event types': <EventTypes types={eventTypes} shown={eventTypes.length} />,
          Description: description ?? undefined,
          Filter: filter === null ? 'None' : <JsonView value={filter} label="Filter" />,
          Headers: headerNames.length === 0 ? 'None' : <Mono>{headerNames.join(', ')}</Mono>,
          'Delivery format':
            Object.keys(effectiveDeliveryFormat).length === 0 ? (
              'Standard'
            ) : (
              <JsonView value={effectiveDeliveryFormat} label="Delivery format" />
            ),
          'Retry schedule':
            retrySchedule.length === 0 ? 'No retries' : retrySchedule.map(formatDelay).join(', '),
          Timeout: formatDuration(timeoutMs),
          'Max requests in flight': formatCount(maxInFlight),
          'Rate limit': formatRateLimit(rateLimit),
          'Automatic suspension':
            autoSuspendAfterDays === 0 ? 'Never' : `After ${autoSuspendAfterDays} days without a success`,
          'External ID': externalId === null ? undefined : <Mono copy="external ID">{externalId}</Mono>,
          Metadata:
            Object.keys(metadata).length === 0 ? undefined : <JsonView value={metadata} label="Metadata" />,
        }}
      />
    </Panel>
  );
}
