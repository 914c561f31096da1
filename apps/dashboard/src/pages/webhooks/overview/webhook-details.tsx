import { SimpleGrid } from '@mantine/core';
import { useSeesAllTenants } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { EventTypes } from '../../../components/event-types.js';
import { DetailList } from '../../../components/detail-list.js';
import { formatPercent } from '../../../components/format-number.js';
import { LastResult } from '../../../components/last-result.js';
import { Mono } from '../../../components/mono.js';
import { Panel } from '../../../components/panel.js';
import { TagList } from '../../../components/tag-list.js';
import { TenantName } from '../../../components/tenant-name.js';
import { Time } from '../../../components/time.js';
import { DELIVERY_LABELS } from '../delivery-method.js';
import { formatRateLimit } from '../format-rate-limit.js';
import { t, tNode } from '../../../i18n/t.js';

/** Further event types are in a tooltip. */
const MAX_TYPES = 12;

export function WebhookDetails({ webhook }: { webhook: Webhook }) {
  const { id, tenantId, delivery, eventTypes, filter, health, activeSince, attestation } = webhook;
  const isPushed = delivery === 'push';
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title={t('Details')}>
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing="sm" spacing="xl">
        <DetailList
          details={{
            [t('ID')]: <Mono copy={t('webhook ID')}>{id}</Mono>,
            [t('Tenant')]: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
            [t('Delivery method')]: isPushed ? undefined : DELIVERY_LABELS.pull,
            [t('Event types')]: <EventTypes types={eventTypes} shown={MAX_TYPES} />,
            [t('Filter')]: filter === null ? undefined : t('Only events whose data matches the filter'),
            [t('Tags')]: webhook.tags.length === 0 ? undefined : <TagList tags={webhook.tags} />,
            [t('Created')]: <Time at={webhook.createdAt} />,
          }}
        />
        <DetailList
          details={{
            [t('Active since')]: activeSince === null ? t('Not yet') : <Time at={activeSince} />,
            [t('Attested')]: attestation === null ? undefined : <Attestation attestation={attestation} />,
            [t('Last result')]: isPushed ? <LastResult result={health} /> : undefined,
            [t('Failed attempts')]:
              health.failureRate === null
                ? undefined
                : t('{{percent}} in 10 minutes', { percent: formatPercent(health.failureRate) }),
            [t('Rate limit')]: isPushed ? formatRateLimit(webhook.rateLimit) : undefined,
          }}
        />
      </SimpleGrid>
    </Panel>
  );
}

function Attestation({ attestation }: { attestation: NonNullable<Webhook['attestation']> }) {
  const { attestedAt, by, reason } = attestation;
  const time = <Time at={attestedAt} />;
  return (
    <>
      {by === null
        ? tNode('By an operator on {{time}}: {{reason}}', { time, reason })
        : tNode('By {{name}} on {{time}}: {{reason}}', { name: by, time, reason })}
    </>
  );
}
