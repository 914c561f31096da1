import { getRouteApi } from '@tanstack/react-router';
import { DeliveryList } from '../deliveries/delivery-list.js';
import { useWebhook } from './use-webhook.js';

const route = getRouteApi('/_app/webhooks/$webhookId/deliveries');

/** The Deliveries tab of a webhook. */
export function WebhookDeliveriesPage() {
  const { id, delivery } = useWebhook();
  return <DeliveryList search={route.useSearch()} ofWebhook={id} canReplay={delivery === 'push'} />;
}
