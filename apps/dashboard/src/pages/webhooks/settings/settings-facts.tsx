import type { Webhook } from '../../../api/types.js';
import { countOf, durationOf } from '../../../pieces/count-text.js';
import { EventTypes } from '../../../pieces/event-types.js';
import { Facts } from '../../../pieces/facts.js';
import { JsonView } from '../../../pieces/json-view.js';
import { Mono } from '../../../pieces/mono.js';
import { Panel } from '../../../pieces/panel.js';
import { delayText } from '../form/delay-text.js';
import { rateLimitText } from '../rate-limit-text.js';

/** The settings, for those who may only read them. */
export function SettingsFacts({ webhook }: { webhook: Webhook }) {
  const { url, pendingUrl, eventTypes, description, headerNames, filter, metadata } = webhook;
  const { retrySchedule, timeoutMs, rateLimit, maxInFlight, autoSuspendAfterDays } = webhook;
  return (
    <Panel title="Settings" description="You may read them, but not change them.">
      <Facts
        facts={{
          URL: <Mono copy="URL">{url}</Mono>,
          'New URL': pendingUrl === null ? undefined : <Mono>{pendingUrl}</Mono>,
          'Event types': <EventTypes types={eventTypes} shown={eventTypes.length} />,
          Description: description ?? undefined,
          Filter: filter === null ? 'None' : <JsonView value={filter} label="Filter" />,
          Headers: headerNames.length === 0 ? 'None' : <Mono>{headerNames.join(', ')}</Mono>,
          'Retry schedule':
            retrySchedule.length === 0 ? 'No retries' : retrySchedule.map(delayText).join(', '),
          Timeout: durationOf(timeoutMs),
          'Most requests in flight': countOf(maxInFlight),
          'Rate limit': rateLimitText(rateLimit),
          'Suspended after':
            autoSuspendAfterDays === 0 ? 'Never' : `${autoSuspendAfterDays} days of failures`,
          Metadata:
            Object.keys(metadata).length === 0 ? undefined : <JsonView value={metadata} label="Metadata" />,
        }}
      />
    </Panel>
  );
}
