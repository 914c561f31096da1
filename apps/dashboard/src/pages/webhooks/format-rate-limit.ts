import type { Webhook } from '../../api/types.js';
import { formatCount } from '../../components/format-number.js';

/** `50 requests in 1 s` */
export function formatRateLimit(rateLimit: Webhook['rateLimit']): string {
  return rateLimit === null
    ? 'None'
    : `${formatCount(rateLimit.limit)} requests in ${formatCount(rateLimit.perSeconds)} s`;
}
