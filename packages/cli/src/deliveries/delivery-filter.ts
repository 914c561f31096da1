import type { components } from '@posthorn/sdk';

/** Selects deliveries, as the options of `deliveries list` and `deliveries tail` do. */
export interface DeliveryFilter {
  webhook?: string;
  status?: components['schemas']['Delivery']['status'];
  type?: string;
  tenant?: string;
}
