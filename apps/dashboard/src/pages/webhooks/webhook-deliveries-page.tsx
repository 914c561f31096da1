import { getRouteApi } from '@tanstack/react-router';
import { DeliveryList } from '../deliveries/delivery-list.js';

const route = getRouteApi('/_app/webhooks/$webhookId/deliveries');

/** The Deliveries tab of a webhook. */
export function WebhookDeliveriesPage() {
  const { webhookId } = route.useParams();
  return <DeliveryList search={route.useSearch()} ofWebhook={webhookId} />;
}
