import { createFileRoute } from '@tanstack/react-router';
import { DeliveriesPage } from '../pages/deliveries/deliveries-page.js';
import { deliverySearch } from '../pages/deliveries/delivery-search.js';

export const Route = createFileRoute('/_app/deliveries/')({
  validateSearch: deliverySearch,
  component: DeliveriesPage,
});
