import * as z from 'zod/mini';
import { fromAddress } from '../../search/optional-param.js';
import { timeRangeSearch } from '../../search/time-range.js';

/** What a page with a DeliveryList has in its address. */
export const deliverySearch = z.object({
  webhookId: fromAddress(z.string().check(z.regex(/^wh_[0-9a-z]{26}$/))),
  status: fromAddress(z.enum(['pending', 'succeeded', 'failed', 'dropped'])),
  eventType: fromAddress(z.string()),
  ...timeRangeSearch,
});

export type DeliverySearch = z.output<typeof deliverySearch>;
