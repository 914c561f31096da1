export * from './account-routes.js';
export type { ApiKeyResponse } from './api-key.js';
export * from './api-key-routes.js';
export * from './attempt.js';
export * from './attention-routes.js';
export * from './audit-routes.js';
export { type BlockedKeyResponse, MAX_BLOCKED_COUNT } from './blocked-key.js';
export type { CertificateResponse } from './certificate.js';
export { compareBody, type ComparisonResponse } from './comparison.js';
export * from './delivery.js';
export type { ListedStatus, StatusRange } from './delivery-filters.js';
export { type DeliveryFormatInput, deliveryFormat } from './delivery-format.js';
export type { RetryResultsResponse } from './delivery-routes.js';
export type { EgressAddressesResponse, ProxyResponse, RequestedProxy } from './egress.js';
export * from './error-reference.js';
export type { ReadinessResponse } from './operations-paths.js';
export type { QuarantineResponse } from './quarantine-routes.js';
export type { AcceptedErasureResponse, ErasureBody, ErasureResponse } from './erasure-routes.js';
export * from './event.js';
export type { EventOutcome } from './event-outcome.js';
export { externalReference, ExternalReference, parseExternalReference } from './external-id.js';
export * from './event-type-routes.js';
export type { FeedEntryResponse } from './feed.js';
export * from './json-value.js';
export * from './lists.js';
export * from './notification-routes.js';
export * from './openapi.js';
export * from './openapi-operation.js';
export * from './overview-routes.js';
export * from './pending.js';
export * from './portal-routes.js';
export {
  PORTAL_LANGUAGES,
  portalSettings,
  type PortalSettings,
  type PortalTheme,
} from './portal-settings.js';
export * from './conditions.js';
export * from './problem.js';
export * from './recovery.js';
export * from './replay.js';
export * from './response-headers.js';
export * from './route.js';
export * from './role-table.js';
export * from './routes.js';
export * from './search-routes.js';
export * from './session-routes.js';
export * from './schema-components.js';
export * from './sign-in.js';
export * from './signing-key.js';
export * from './stats-routes.js';
export { ALL_TENANTS, listedTenant, SYSTEM_SCOPE, tenantReference } from './tenant-reference.js';
export * from './tags.js';
export * from './tenant-export.js';
export * from './usage-routes.js';
export { MAX_QUOTA, type TenantDetailsResponse, type TenantResponse } from './tenant.js';
export * from './webhook.js';
export * from './webhook-auth.js';
export * from './webhook-headers.js';
export { MAX_REFUSAL_LENGTH, MAX_REFUSED_IMPORTS } from './refused-import.js';
export type { ImportedWebhookResponse, ImportWebhookInput, RemovedImportResponse } from './webhook-import.js';
export * from './webhook-health.js';
export {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_BLOCKED_MINUTES,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
} from './webhook-settings.js';
