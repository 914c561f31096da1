import { useCan } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { BlockedKeys } from '../blocked/blocked-keys.js';
import { LatestDeliveries } from './latest-deliveries.js';
import { WebhookDetails } from './webhook-details.js';
import { WebhookMetrics } from './webhook-metrics.js';

/** The Overview tab: details, metrics and latest deliveries. */
export function WebhookOverviewPage() {
  const webhook = useWebhook();
  const seesDeliveries = useCan('deliveries:read');
  return (
    <>
      <WebhookDetails webhook={webhook} />
      {seesDeliveries && webhook.activeSince !== null && (
        <>
          {(webhook.ordering !== 'none' || webhook.health.blocked !== null) && (
            <BlockedKeys webhookId={webhook.id} />
          )}
          {webhook.delivery === 'push' && <WebhookMetrics webhook={webhook} />}
          <LatestDeliveries webhookId={webhook.id} />
        </>
      )}
    </>
  );
}
