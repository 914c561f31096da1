import { createFileRoute } from '@tanstack/react-router';
import { deliverySearch } from '../pages/deliveries/delivery-search.js';
import { WebhookDeliveriesPage } from '../pages/webhooks/webhook-deliveries-page.js';

export const Route = createFileRoute('/_app/webhooks/$webhookId/deliveries')({
  validateSearch: deliverySearch,
  component: WebhookDeliveriesPage,
});
