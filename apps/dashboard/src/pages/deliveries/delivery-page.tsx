import { Group } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { toProblem } from '../../problems/problem.js';
import { useCan } from '../../api/session.js';
import type { Delivery } from '../../api/types.js';
import { Page } from '../../components/page.js';
import { QueryPlaceholder } from '../../components/query-placeholder.js';
import { StatusBadge } from '../../components/status-badge.js';
import { SuspendedTenantOf } from '../../components/suspended-tenant.js';
import { TextLink } from '../../components/text-link.js';
import { DeliveryDetails } from './delivery-details.js';
import classes from './delivery-page.module.css';
import { DeliveryTimeline } from './delivery-timeline.js';
import { reasonLabels } from './delivery-labels.js';
import { RetryButton } from './retry-button.js';
import { retryBlocker } from './retry-labels.js';
import { SentRequest } from './sent-request.js';
import { SkipButton } from './skip-button.js';
import { useDelivery, useDeliveryWebhook } from './use-delivery.js';
import { t } from '../../i18n/t.js';

const route = getRouteApi('/_app/deliveries/$deliveryId');

/** One delivery: its status and reason, attempts and request. */
export function DeliveryPage() {
  const { deliveryId } = route.useParams();
  const query = useDelivery(deliveryId);
  if (query.data) return <LoadedPage delivery={query.data} />;
  return (
    <Page
      title={t('Delivery')}
      heading={deliveryId}
      above={<TextLink to="/deliveries">{t('Deliveries')}</TextLink>}
    >
      <QueryPlaceholder query={query} heights={[220, 220]} />
    </Page>
  );
}

function LoadedPage({ delivery }: { delivery: Delivery }) {
  const canRetry = useCan('deliveries:write');
  const [seesEvents, seesWebhooks] = [useCan('events:read'), useCan('webhooks:read')];
  const seesRequests = seesEvents && seesWebhooks;
  const { data, error, isLoading } = useDeliveryWebhook(delivery);
  const webhook = error && toProblem(error).status === 404 ? null : data;
  const blocker = retryBlocker(delivery, webhook);
  const name = delivery.eventType ?? t('Delivery');
  // Others can be skipped, too, but block none.
  const blocksOthers = delivery.waitsFor === null && delivery.attemptCount > 0;
  return (
    <Page
      title={name}
      above={<TextLink to="/deliveries">{t('Deliveries')}</TextLink>}
      heading={
        <Group gap="sm" component="span">
          {name}
          <StatusBadge status={delivery.status} />
        </Group>
      }
      description={[statusDescription(delivery), canRetry && delivery.status !== 'pending' && blocker]
        .filter(Boolean)
        .join(' ')}
      actions={
        canRetry &&
        !isLoading && (
          <>
            {delivery.canSkip && blocksOthers && <SkipButton deliveryId={delivery.id} />}
            {blocker === null && <RetryButton delivery={delivery} webhook={data} />}
          </>
        )
      }
    >
      <SuspendedTenantOf tenantId={delivery.tenantId} />
      <div className={classes.parts}>
        <div className={classes.details}>
          <DeliveryDetails delivery={delivery} />
        </div>
        <div className={classes.attempts}>
          <DeliveryTimeline delivery={delivery} showsRequests={seesRequests} />
        </div>
        {seesRequests && delivery.status !== 'available' && data?.delivery !== 'pull' && (
          <div className={classes.request}>
            <SentRequest delivery={delivery} />
          </div>
        )}
      </div>
    </Page>
  );
}

function statusDescription(delivery: Delivery): string | undefined {
  if (delivery.status === 'available') return t('The event is in the feed of the webhook.');
  return reasonLabels(delivery)?.description;
}
