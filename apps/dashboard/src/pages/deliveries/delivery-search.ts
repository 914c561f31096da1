import * as z from 'zod/mini';
import { optionalParam } from '../../access/optional-param.js';
import { timeRangeSearch } from '../../search/time-range.js';

// regexp-reviewed -- the values of both callers have no repetition, and are separated by commas
const listOf = (value: string) => new RegExp(`^(?:${value})(?:,(?:${value}))*$`);

/** As the API takes them: separated by commas. */
const LISTED_STATUSES = listOf('pending|retrying|held|succeeded|failed|dropped|available');
const RESPONSE_STATUSES = listOf('none|[1-5](?:xx|[0-9]{2})');

/** The search parameters of a page with a DeliveryList. */
export const deliverySearch = z.object({
  webhookId: optionalParam(z.string().check(z.regex(/^wh_[0-9a-z]{26}$/))),
  status: optionalParam(z.string().check(z.regex(LISTED_STATUSES))),
  responseStatus: optionalParam(z.string().check(z.regex(RESPONSE_STATUSES))),
  eventType: optionalParam(z.string()),
  ...timeRangeSearch,
});

export type DeliverySearch = z.output<typeof deliverySearch>;
