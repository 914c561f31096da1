import { createFileRoute } from '@tanstack/react-router';
import { DeliveryPage } from '../pages/deliveries/delivery-page.js';

export const Route = createFileRoute('/_app/deliveries/$deliveryId')({ component: DeliveryPage });
