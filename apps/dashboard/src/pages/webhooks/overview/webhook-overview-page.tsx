import { useCan } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { LatestDeliveries } from './latest-deliveries.js';
import { WebhookFacts } from './webhook-details.js';
import { WebhookFigures } from './webhook-metrics.js';

/** The tab Overview: how it goes with the webhook. */
export function WebhookOverviewPage() {
  const webhook = useWebhook();
  const seesDeliveries = useCan('deliveries:read');
  return (
    <>
      <WebhookFacts webhook={webhook} />
      {seesDeliveries && webhook.validatedAt !== null && (
        <>
          <WebhookFigures webhook={webhook} />
          <LatestDeliveries webhookId={webhook.id} />
        </>
      )}
    </>
  );
}
