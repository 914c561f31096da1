import type { Webhook } from '../../api/types.js';
import { countOf } from '../../components/format-number.js';

/** `50 requests in 1 s` */
export function rateLimitText(rateLimit: Webhook['rateLimit']): string {
  return rateLimit === null
    ? 'None'
    : `${countOf(rateLimit.limit)} requests in ${countOf(rateLimit.perSeconds)} s`;
}
