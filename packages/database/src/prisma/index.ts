export type {
  ApiKey,
  AuditEntry,
  EventType,
  NotificationRecipient,
  RejectedEvent,
  Replay,
  WebhookMute,
} from '../generated/client.js';
export * from './api-keys.js';
export { assertSigned } from './assert-signed.js';
export * from './audit.js';
export * from './change-webhook.js';
export * from './client.js';
export * from './count-event-deliveries.js';
export * from './create-webhook.js';
export { findDefaultFormats, findKeptFormat } from './delivery-formats.js';
export * from './derived-keys.js';
export * from './event-types.js';
export * from './events.js';
export * from './find-delivery.js';
export * from './find-target-names.js';
export * from './find-webhooks.js';
export * from './list-attempts.js';
export * from './list-audit-entries.js';
export * from './list-deliveries.js';
export * from './list-match-facts.js';
export * from './list-rejected-events.js';
export * from './notification-recipients.js';
export * from './page.js';
export { idFloor } from '../id-floor.js';
export * from './prisma-errors.js';
export { countResources, quotasOf } from './quotas.js';
export * from './read-recent-attempts.js';
export * from './read-search-values.js';
export * from './read-within.js';
export * from './register-admin-key.js';
export * from './recoveries.js';
export * from './replays.js';
export * from './retry-delivery.js';
export * from './rotate-api-key.js';
export * from './stats.js';
export * from './tenants.js';
export * from './validations.js';
export * from './webhook-mutes.js';
export * from './webhook-record.js';
export type { DeliveryFilter, DeliveryRecord } from './delivery-query.js';
