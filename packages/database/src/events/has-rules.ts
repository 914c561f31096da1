import { isSequenced } from '../webhooks/is-sequenced.js';

/** Returns the condition that an event type has a schema, search keys, an ordering pointer or a retention, which apply when an event is accepted. */
export const hasRules = (eventType: string): string =>
  `(${eventType}.schema IS NOT NULL OR cardinality(${eventType}.search_keys) > 0 OR ${eventType}.ordering_pointer IS NOT NULL OR ${eventType}.payload_days IS NOT NULL OR ${eventType}.history_days IS NOT NULL)`;

/** Returns the condition that a tenant has a retention, which applies when an event is accepted. */
export const tenantHasRules = (tenant: string): string =>
  `(${tenant}.payload_days IS NOT NULL OR ${tenant}.history_days IS NOT NULL)`;

/** Returns the condition that a webhook has a filter or numbers its deliveries, which matters when an event is accepted. */
export const webhookHasRules = (webhook: string): string =>
  `(${webhook}.filter IS NOT NULL OR ${isSequenced(webhook)})`;
