import type { AuditDeps } from './audit/deps.js';
import { createAuditHandlers } from './audit/handlers.js';
import type { Operations } from './calls/endpoint.js';
import { certificateInputErrors } from './certificates/set-certificates.js';
import { assertMayLimit } from './credentials/assert-may-limit.js';
import type { ComparisonDeps } from './comparison/deps.js';
import { createComparisonHandlers } from './comparison/handlers.js';
import type { CredentialDeps } from './credentials/deps.js';
import { createCredentialHandlers } from './credentials/handlers.js';
import type { DeliveryDeps } from './deliveries/deps.js';
import { createDeliveryHandlers } from './deliveries/handlers.js';
import type { EgressDeps } from './egress/deps.js';
import { createEgressHandlers } from './egress/handlers.js';
import type { ErasureDeps } from './erasures/deps.js';
import { createErasureHandlers } from './erasures/handlers.js';
import type { EventDeps } from './events/deps.js';
import { createEventHandlers } from './events/handlers.js';
import { assertShortWait } from './events/publish.js';
import type { ExportDeps } from './export/deps.js';
import { createExportHandlers } from './export/handlers.js';
import type { FeedDeps } from './feed/deps.js';
import { createFeedHandlers } from './feed/handlers.js';
import type { ImportDeps } from './imports/deps.js';
import { createImportHandlers } from './imports/handlers.js';
import type { NotificationDeps } from './notifications/deps.js';
import { createNotificationHandlers } from './notifications/handlers.js';
import type { OverviewDeps } from './overview/deps.js';
import { createOverviewHandlers } from './overview/handlers.js';
import type { QuarantineDeps } from './quarantine/deps.js';
import { createQuarantineHandlers } from './quarantine/handlers.js';
import type { ReplayDeps } from './replays/deps.js';
import { createReplayHandlers } from './replays/handlers.js';
import type { SearchDeps } from './search/deps.js';
import { createSearchHandlers } from './search/handlers.js';
import type { TenantDeps } from './tenants/deps.js';
import { createTenantHandlers } from './tenants/handlers.js';
import type { UsageDeps } from './usage/deps.js';
import { createUsageHandlers } from './usage/handlers.js';
import type { ValidationDeps } from './validation/deps.js';
import { createValidationHandlers } from './validation/handlers.js';
import type { WebhookDeps } from './webhooks/deps.js';
import { changedWebhookInputErrors, newWebhookInputErrors } from './webhooks/destination.js';
import { createWebhookHandlers } from './webhooks/handlers.js';
import { webhookInputErrors } from './webhooks/webhook-input-errors.js';

/** What the operations use. */
export type OperationDeps = AuditDeps &
  ComparisonDeps &
  CredentialDeps &
  DeliveryDeps &
  EgressDeps &
  ErasureDeps &
  EventDeps &
  ExportDeps &
  FeedDeps &
  ImportDeps &
  NotificationDeps &
  OverviewDeps &
  QuarantineDeps &
  ReplayDeps &
  SearchDeps &
  TenantDeps &
  UsageDeps &
  ValidationDeps &
  WebhookDeps;

/** Creates what the operations of the API do. */
export const createOperations = (deps: OperationDeps): Operations => ({
  handlers: {
    ...createAuditHandlers(deps),
    ...createComparisonHandlers(deps),
    ...createCredentialHandlers(deps),
    ...createDeliveryHandlers(deps),
    ...createEgressHandlers(deps),
    ...createErasureHandlers(deps),
    ...createEventHandlers(deps),
    ...createExportHandlers(deps),
    ...createFeedHandlers(deps),
    ...createImportHandlers(deps),
    ...createNotificationHandlers(deps),
    ...createOverviewHandlers(deps),
    ...createQuarantineHandlers(deps),
    ...createReplayHandlers(deps),
    ...createSearchHandlers(deps),
    ...createTenantHandlers(deps),
    ...createUsageHandlers(deps),
    ...createValidationHandlers(deps),
    ...createWebhookHandlers(deps),
  },
  beforeValidation: {
    createApiKey: assertMayLimit,
    publishEvent: (caller, body) => assertShortWait(caller, body, deps),
  },
  inputErrors: {
    createWebhook: (body) => newWebhookInputErrors(body, deps),
    updateWebhook: (body) => changedWebhookInputErrors(body, deps),
    putWebhook: (body) => newWebhookInputErrors(body, deps),
    importWebhook: (body) => webhookInputErrors(body, deps),
    createTenant: certificateInputErrors,
    updateTenant: certificateInputErrors,
  },
});
