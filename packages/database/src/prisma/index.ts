export type {
  ApiKey,
  Attempt,
  AuditEntry,
  Event,
  EventType,
  RejectedEvent,
  Replay,
  Tenant,
} from '../generated/client.js';
export * from './api-keys.js';
export * from './attempts.js';
export * from './audit.js';
export * from './list-audit-entries.js';
export * from './change-webhook.js';
export * from './client.js';
export * from './create-webhook.js';
export * from './deliveries.js';
export * from './derived-keys.js';
export * from './event-types.js';
export * from './events.js';
export * from './explain-event.js';
export * from './find-webhooks.js';
export * from './page.js';
export * from './prisma-errors.js';
export * from './rejected-events.js';
export * from './replays.js';
export * from './retry-delivery.js';
export * from './stats.js';
export * from './tenants.js';
export * from './validations.js';
export * from './webhook-record.js';
