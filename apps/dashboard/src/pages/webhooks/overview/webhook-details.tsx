import { SimpleGrid } from '@mantine/core';
import { useSeesAllTenants } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { formatPercent } from '../../../components/format-number.js';
import { LastResult } from '../../../components/last-result.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { TenantName } from '../../../components/tenant-name.js';
import { Time } from '../../../components/time.js';
import { formatRateLimit } from '../format-rate-limit.js';

/** Further event types are in a tooltip. */
const MAX_TYPES = 12;

export function WebhookDetails({ webhook }: { webhook: Webhook }) {
  const { id, tenantId, eventTypes, filter, health, activeSince, attestation } = webhook;
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
            'Active since': activeSince === null ? 'Not yet' : <Time at={activeSince} />,
            Attested: attestation === null ? undefined : <Attestation attestation={attestation} />,
            'Last result': <LastResult result={health} />,
            'Failed attempts':
              health.failureRate === null ? undefined : `${formatPercent(health.failureRate)} in 10 minutes`,
            'Rate limit': formatRateLimit(webhook.rateLimit),
          }}
        />
      </SimpleGrid>
    </Panel>
  );
}

function Attestation({ attestation }: { attestation: NonNullable<Webhook['attestation']> }) {
  const { attestedAt, by, reason } = attestation;
  return (
    <>
      By {by ?? 'an operator'} on <Time at={attestedAt} />: {reason}
    </>
  );
}
