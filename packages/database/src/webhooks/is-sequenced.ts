import type { WebhookRecord } from './webhook-record.js';

/** Returns the condition that the webhook `alias` numbers its deliveries. */
export const isSequenced = (alias: string): string =>
  `(${alias}.sequenced OR ${alias}.ordering <> 'none' OR ${alias}.delivery = 'pull')`;

/** Returns whether a webhook numbers its deliveries. */
export const numbersDeliveries = ({
  sequence,
  ordering,
  delivery,
}: Pick<WebhookRecord, 'sequence' | 'ordering' | 'delivery'>): boolean =>
  sequence || ordering !== 'none' || delivery === 'pull';
