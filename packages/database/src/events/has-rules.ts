import { isSequenced } from '../webhooks/is-sequenced.js';

/** Returns the condition that an event type has a schema, search keys or an ordering pointer, which apply when an event is accepted. */
export const hasRules = (eventType: string): string =>
  `(${eventType}.schema IS NOT NULL OR cardinality(${eventType}.search_keys) > 0 OR ${eventType}.ordering_pointer IS NOT NULL)`;

/** Returns the condition that a webhook has a filter or numbers its deliveries, which matters when an event is accepted. */
export const webhookHasRules = (webhook: string): string =>
  `(${webhook}.filter IS NOT NULL OR ${isSequenced(webhook)})`;
