export * from './values/messages.js';
export * from './values/moment.js';
export * from './tenants/account-routes.js';
export type { ApiKeyResponse } from './access/api-key.js';
export * from './access/api-key-routes.js';
export * from './deliveries/attempt.js';
export * from './monitoring/attention-routes.js';
export * from './monitoring/audit-routes.js';
export { type BlockedKeyResponse, MAX_BLOCKED_COUNT } from './webhooks/blocked-key.js';
export type { CertificateResponse } from './connections/certificate.js';
export { compareBody, type ComparisonResponse } from './webhooks/comparison.js';
export * from './deliveries/delivery.js';
export type { ListedStatus, StatusRange } from './deliveries/delivery-filters.js';
export { type DeliveryFormatInput, deliveryFormat } from './webhooks/delivery-format.js';
export type { RetryResultsResponse } from './deliveries/delivery-routes.js';
export type { EgressAddressesResponse, ProxyResponse, RequestedProxy } from './connections/egress.js';
export * from './routes/error-reference.js';
export type { ReadinessResponse } from './openapi/operations-paths.js';
export type { QuarantineResponse } from './deliveries/quarantine-routes.js';
export type { AcceptedErasureResponse, ErasureBody, ErasureResponse } from './tenants/erasure-routes.js';
export * from './events/event.js';
export type { EventOutcome } from './events/event-outcome.js';
export { externalReference, ExternalReference, parseExternalReference } from './values/external-id.js';
export * from './events/event-type-routes.js';
export type { FeedEntryResponse } from './events/feed.js';
export * from './values/json-value.js';
export * from './values/lists.js';
export * from './monitoring/notification-routes.js';
export * from './openapi/openapi.js';
export * from './openapi/openapi-operation.js';
export * from './monitoring/overview-routes.js';
export * from './deliveries/pending.js';
export * from './access/portal-routes.js';
export {
  PORTAL_LANGUAGES,
  portalSettings,
  type PortalSettings,
  type PortalTheme,
} from './access/portal-settings.js';
export * from './routes/conditions.js';
export * from './routes/problem.js';
export * from './deliveries/recovery.js';
export * from './deliveries/replay.js';
export * from './routes/response-headers.js';
export * from './routes/route.js';
export * from './openapi/role-table.js';
export * from './openapi/routes.js';
export * from './events/search-routes.js';
export * from './access/session-routes.js';
export * from './openapi/schema-components.js';
export * from './access/sign-in.js';
export * from './webhooks/signing-key.js';
export type { SigningSecretResponse } from './webhooks/signing-secret.js';
export * from './monitoring/stats-routes.js';
export { ALL_TENANTS, listedTenant, SYSTEM_SCOPE, tenantReference } from './values/tenant-reference.js';
export * from './routes/tags.js';
export * from './tenants/tenant-export.js';
export * from './tenants/usage-routes.js';
export { type TenantDetailsResponse, type TenantResponse } from './tenants/tenant.js';
export { MAX_QUOTA } from './tenants/tenant-quotas.js';
export {
  type ConvertedTenantSetting,
  type RequestedTenantSettings,
  TENANT_SETTINGS,
  type TenantSetting,
} from './tenants/tenant-settings.js';
export {
  EVENT_TYPE_SETTINGS,
  type EventTypeSetting,
  type RequestedEventTypeSettings,
} from './events/event-type-settings.js';
export { replacedValues, requestedColumns, settingColumns } from './values/setting-values.js';
export {
  type ColumnSettingOf,
  type ConvertedSettingOf,
  type Presentation,
  type ReplacedSettingOf,
  type RequestedSettingsOf,
  type SettingColumnsOf,
  type SettingOf,
  type SettingsTable,
} from './values/settings-table.js';
export { webhookStatus, type WebhookResponse } from './webhooks/webhook.js';
export { putWebhookBody } from './webhooks/webhook-changes.js';
export * from './webhooks/webhook-auth.js';
export * from './webhooks/webhook-headers.js';
export { MAX_REFUSAL_LENGTH, MAX_REFUSED_IMPORTS } from './imports/refused-import.js';
export type {
  ImportedWebhookResponse,
  ImportWebhookInput,
  RemovedImportResponse,
} from './imports/webhook-import.js';
export * from './webhooks/webhook-health.js';
export {
  type ColumnSetting,
  DEFAULT_MAX_BLOCKED_MINUTES,
  PUSH_SETTINGS,
  type ReplacedSetting,
  type RequestedSettings,
  type SettingColumns,
  WEBHOOK_SETTINGS,
  type WebhookSetting,
} from './webhooks/webhook-settings.js';
export * from './values/json-structure.js';
export * from './values/field-errors.js';
export * from './values/rule.js';
