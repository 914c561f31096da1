import * as z from 'zod/mini';
import { optionalParam } from '../../search/optional-param.js';
import { timeRangeSearch } from '../../search/time-range.js';

/** The search parameters of a page with a DeliveryList. */
export const deliverySearch = z.object({
  webhookId: optionalParam(z.string().check(z.regex(/^wh_[0-9a-z]{26}$/))),
  status: optionalParam(z.enum(['pending', 'succeeded', 'failed', 'dropped'])),
  eventType: optionalParam(z.string()),
  ...timeRangeSearch,
});

export type DeliverySearch = z.output<typeof deliverySearch>;
