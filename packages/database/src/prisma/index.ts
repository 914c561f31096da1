export type {
  ApiKey,
  AuditEntry,
  EventType,
  NotificationRecipient,
  RejectedEvent,
  Replay,
  WebhookMute,
} from '../generated/client.js';
export * from '../access/api-keys.js';
export { assertSigned } from '../webhooks/assert-signed.js';
export * from '../access/audit.js';
export {
  type CertificateChange,
  type CertificateOwner,
  type CertificateRecord,
  type CertificateIds,
  type CertificatesRecord,
  certificatesSnapshot,
  findCertificateKeys,
  findConnectionCertificates,
  type NewCertificates,
} from '../webhooks/certificates.js';
export * from '../webhooks/change-webhook.js';
export * from '../webhooks/request-certificate.js';
export * from './client.js';
export * from '../events/count-event-deliveries.js';
export * from '../webhooks/create-webhook.js';
export { findDefaultFormats, findKeptFormat } from '../webhooks/delivery-formats.js';
export * from '../access/derived-keys.js';
export { logOut, type ProviderLogout } from '../people/log-out.js';
export type { PersonAccess } from '../people/end-sessions.js';
export type { ConfirmedPerson } from '../people/person-access.js';
export { extendPersonSession, findPersonEmail } from '../people/person-sessions.js';
export { recheckPeople } from '../people/recheck-people.js';
export {
  confirmPersonSession,
  type DueSession,
  endGrant,
  type Refreshed,
  type RefreshOutcome,
} from '../people/refresh-person.js';
export * from '../people/sign-in-person.js';
export * from '../events/event-types.js';
export * from '../erasures/erasure-starters.js';
export * from '../erasures/erasures.js';
export { kindOfErasure } from '../erasures/erasure.js';
export * from '../events/events.js';
export * from '../events/find-redactions.js';
export { isErased } from '../events/stored-body.js';
export * from '../deliveries/find-delivery.js';
export * from '../access/find-target-names.js';
export * from '../webhooks/find-webhooks.js';
export * from '../webhooks/refused-imports.js';
export { numbersDeliveries } from '../webhooks/is-sequenced.js';
export * from '../deliveries/list-attempts.js';
export * from '../deliveries/list-blocked-keys.js';
export * from '../feed/find-feed-position.js';
export * from '../access/list-audit-entries.js';
export * from '../deliveries/list-deliveries.js';
export * from '../deliveries/list-match-facts.js';
export * from '../events/list-rejected-events.js';
export * from '../notifications/notification-recipients.js';
export * from './page.js';
export { idFloor } from '../ids/id-floor.js';
export * from './prisma-errors.js';
export { countResources, quotasOf } from '../tenants/quotas.js';
export * from '../health/read-blocked-webhooks.js';
export * from '../health/read-recent-attempts.js';
export * from '../events/read-search-values.js';
export * from '../feed/read-feed.js';
export * from './read-within.js';
export * from '../access/register-admin-key.js';
export * from '../replays/recoveries.js';
export * from '../replays/replays.js';
export * from '../deliveries/retry-delivery.js';
export * from '../deliveries/skip-delivery.js';
export * from '../access/rotate-api-key.js';
export * from '../statistics/stats.js';
export { changeTenantStatus, type TenantStatusChange } from '../tenants/change-tenant-status.js';
export * from '../tenants/tenants.js';
export * from '../webhooks/validations.js';
export * from '../notifications/webhook-mutes.js';
export * from '../webhooks/webhook-record.js';
export type { DeliveryFilter, DeliveryRecord } from '../deliveries/delivery-query.js';
