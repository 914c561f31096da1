import type { Delivery } from '../../api/types.js';
import { useCan, useSeesAllTenants } from '../../api/session.js';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { WebhookName } from '../../components/webhook-name.js';
import { DeliveryLink } from './delivery-link.js';
import { t } from '../../i18n/t.js';

export function DeliveryDetails({ delivery }: { delivery: Delivery }) {
  const { id, eventId, webhookId, tenantId, attemptCount, createdAt, settledAt } = delivery;
  const { sequence, orderingKey, waitsFor } = delivery;
  const seesWebhooks = useCan('webhooks:read');
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title={t('Details')}>
      <DetailList
        details={{
          [t('ID')]: <Mono copy={t('delivery ID')}>{id}</Mono>,
          [t('Event')]: <EventLink eventId={eventId} />,
          [t('Webhook')]: seesWebhooks ? (
            <TextLink to="/webhooks/$webhookId" params={{ webhookId }}>
              <WebhookName id={webhookId} />
            </TextLink>
          ) : (
            <Mono copy={t('webhook ID')}>{webhookId}</Mono>
          ),
          [t('Tenant')]: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
          [t('Sequence number')]: sequence ?? undefined,
          [t('Ordering key')]: orderingKey === null ? undefined : <Mono>{orderingKey}</Mono>,
          [t('Waits for delivery')]: waitsFor === null ? undefined : <DeliveryLink deliveryId={waitsFor} />,
          [t('Attempts')]: attemptCount,
          [t('Created')]: <Time at={createdAt} />,
          [t('Finished')]: settledAt === null ? undefined : <Time at={settledAt} />,
        }}
      />
    </Panel>
  );
}

function EventLink({ eventId }: { eventId: string }) {
  const seesEvents = useCan('events:read');
  if (!seesEvents) return <Mono copy={t('event ID')}>{eventId}</Mono>;
  return (
    <TextLink to="/events/$eventId" params={{ eventId }}>
      <Mono>{eventId}</Mono>
    </TextLink>
  );
}
