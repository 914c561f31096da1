import { SimpleGrid } from '@mantine/core';
import { useSeesAllTenants } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { TenantName } from '../../../components/tenant-name.js';
import { Time } from '../../../components/time.js';
import { formatRateLimit } from '../format-rate-limit.js';

/** Further event types are in a tooltip. */
const MAX_TYPES = 12;

export function WebhookDetails({ webhook }: { webhook: Webhook }) {
  const { id, tenantId, eventTypes, filter, suspendReason, suspendedAt, failingSince, activeSince } = webhook;
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title="Details">
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing="sm" spacing="xl">
        <DetailList
          details={{
            ID: <Mono copy="webhook ID">{id}</Mono>,
            Tenant: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
            'Event types': <EventTypes types={eventTypes} shown={MAX_TYPES} />,
            Filter: filter === null ? undefined : 'Only events whose data matches the filter',
            Created: <Time at={webhook.createdAt} />,
          }}
        />
        <DetailList
          details={{
            Suspended: suspendedAt === null ? undefined : <Time at={suspendedAt} />,
            'Suspension reason': suspendReason ?? undefined,
            'Active since': activeSince === null ? 'Not yet' : <Time at={activeSince} />,
            'Failing since': failingSince === null ? undefined : <Time at={failingSince} />,
            'Rate limit': formatRateLimit(webhook.rateLimit),
          }}
        />
      </SimpleGrid>
    </Panel>
  );
}
