import { SimpleGrid } from '@mantine/core';
import { DetailList } from '../../components/detail-list.js';
import { formatCount } from '../../components/format-number.js';
import { JsonView } from '../../components/json-view.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { Time } from '../../components/time.js';
import { languageLabel } from './languages.js';
import type { TenantDetails } from './tenant.js';

export function TenantDetailsPanel({ tenant }: { tenant: TenantDetails }) {
  const { id, externalId, contactEmail, locale, timeZone, metadata, deliveryFormat, createdAt } = tenant;
  const { eventsPerSecond, eventBytes } = tenant.effectiveQuotas;
  return (
    <Panel title="Details">
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing="sm" spacing="xl">
        <DetailList
          details={{
            ID: <Mono copy="tenant ID">{id}</Mono>,
            'External ID': externalId === null ? 'None' : <Mono copy="external ID">{externalId}</Mono>,
            'Contact email': contactEmail ?? 'None',
            'Language of emails': languageLabel(locale ?? 'en'),
            'Time zone of emails': timeZone ?? 'UTC',
            Created: <Time at={createdAt} />,
          }}
        />
        <DetailList
          details={{
            'Events per second': eventsPerSecond === null ? 'Unlimited' : formatCount(eventsPerSecond),
            'Event size': `At most ${formatCount(eventBytes)} bytes`,
            'Delivery format':
              deliveryFormat === null ? (
                'Standard'
              ) : (
                <JsonView value={deliveryFormat} label="Delivery format" />
              ),
            Metadata:
              metadata === null || Object.keys(metadata).length === 0 ? (
                'None'
              ) : (
                <JsonView value={metadata} label="Metadata" />
              ),
          }}
        />
      </SimpleGrid>
    </Panel>
  );
}
