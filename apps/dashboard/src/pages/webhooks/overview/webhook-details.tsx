import { SimpleGrid } from '@mantine/core';
import { useSeesAllTenants } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { EventTypes } from '../../../components/event-types.js';
import { Facts } from '../../../components/detail-list.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { TenantName } from '../../../components/tenant-name.js';
import { Time } from '../../../components/time.js';
import { rateLimitText } from '../format-rate-limit.js';

/** Event types that are shown without a hover. */
const TYPES_SHOWN = 12;

export function WebhookFacts({ webhook }: { webhook: Webhook }) {
  const { id, tenantId, eventTypes, filter, suspendReason, suspendedAt, failingSince, activeSince } = webhook;
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title="Facts">
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing="sm" spacing="xl">
        <Facts
          facts={{
            Id: <Mono copy="id">{id}</Mono>,
            Tenant: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
            'Event types': <EventTypes types={eventTypes} shown={TYPES_SHOWN} />,
            Filter: filter === null ? undefined : 'Only events whose data fits its filter',
            Created: <Time at={webhook.createdAt} />,
          }}
        />
        <Facts
          facts={{
            Suspended: suspendedAt === null ? undefined : <Time at={suspendedAt} />,
            Reason: suspendReason ?? undefined,
            'Active since': activeSince === null ? 'Not yet' : <Time at={activeSince} />,
            'Failing since': failingSince === null ? undefined : <Time at={failingSince} />,
            'Rate limit': rateLimitText(webhook.rateLimit),
          }}
        />
      </SimpleGrid>
    </Panel>
  );
}
