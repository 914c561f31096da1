import type { OperationId } from '@posthorn/contract';
import type { BeforeValidation, Handlers, InputErrors } from './http/handler.js';
import * as accounts from './access/accounts.js';
import { assertMayLimit } from './access/assert-may-limit.js';
import { getTenantEgress, getWebhookEgress, putTenantEgress, putWebhookEgress } from './egress/egress.js';
import { getAttention } from './overview/attention.js';
import { exportTenant } from './export/export-tenant.js';
import * as certificates from './certificates/client-certificates.js';
import { certificateInputErrors } from './certificates/set-certificates.js';
import { getFeed, setFeedCursor } from './feed/feed.js';
import { getFeedCursor } from './feed/get-feed-cursor.js';
import { listBlockedKeys } from './webhooks/blocked-keys.js';
import { listAuditEntries } from './access/audit.js';
import { exportAuditEntries, verifyAuditEntries } from './access/audit-chain.js';
import { compareRequest } from './migration/comparisons.js';
import * as deliveries from './deliveries/deliveries.js';
import { getDeliveryRequest } from './deliveries/delivery-request.js';
import { skipDelivery } from './deliveries/skip-delivery.js';
import * as erasures from './erasures/erasures.js';
import * as eventTypes from './events/event-types.js';
import * as events from './events/events.js';
import { endShadows } from './migration/end-shadows.js';
import { refusedImports } from './migration/refused-imports.js';
import { removeImport } from './migration/remove-import.js';
import { importWebhook } from './migration/import-webhook.js';
import { attestValidation, deleteWebhook, reactivateWebhook, suspendWebhook } from './webhooks/lifecycle.js';
import * as notifications from './notifications/notifications.js';
import * as overview from './overview/overview.js';
import { createPortalLink, listPortalLinks, revokePortalLink } from './access/portal-links.js';
import { assertShortWait, publishBatch, publishEvent } from './events/publish.js';
import { getRejectedEvent, listRejectedEvents } from './events/rejected-events.js';
import * as quarantine from './quarantine/quarantine.js';
import * as recoveries from './replays/recoveries.js';
import * as replays from './replays/replays.js';
import { search } from './search/search.js';
import * as session from './access/session.js';
import { getStats, getWebhookTrends } from './overview/stats.js';
import { deleteTenant, reactivateTenant, restoreTenant, suspendTenant } from './tenants/lifecycle.js';
import * as tenants from './tenants/tenants.js';
import { getUsage } from './usage/usage.js';
import { previewDeliveryFormat } from './webhooks/delivery-formats.js';
import { createSigningKey, endSigningKey, listSigningKeys } from './webhooks/signing-keys.js';
import { changedWebhookInputErrors, newWebhookInputErrors } from './webhooks/destination.js';
import { webhookInputErrors } from './webhooks/webhook-input-errors.js';
import { testAuthentication } from './webhooks/test-authentication.js';
import { testWebhook } from './webhooks/test-webhook.js';
import { confirmValidation, requestValidation } from './validation/validation.js';
import { endSecret, listSecrets, rotateSecret } from './webhooks/webhook-secrets.js';
import { createWebhook, getWebhook, listWebhooks, putWebhook, updateWebhook } from './webhooks/webhooks.js';

/** Checks before the validation of a call. */
export const BEFORE_VALIDATION: Partial<Record<OperationId, BeforeValidation>> = {
  createApiKey: assertMayLimit,
  publishEvent: assertShortWait,
};

/** Rules for the input of a call beyond its schema. */
export const INPUT_ERRORS: Partial<Record<OperationId, InputErrors>> = {
  createWebhook: newWebhookInputErrors,
  updateWebhook: changedWebhookInputErrors,
  putWebhook: newWebhookInputErrors,
  importWebhook: webhookInputErrors,
  createTenant: certificateInputErrors,
  updateTenant: certificateInputErrors,
};

/** The handler of each route. */
export const HANDLERS: Handlers = {
  ...accounts,
  ...certificates,
  ...deliveries,
  ...erasures,
  ...eventTypes,
  ...events,
  ...notifications,
  ...overview,
  ...quarantine,
  ...recoveries,
  ...replays,
  ...refusedImports,
  ...session,
  ...tenants,
  compareRequest,
  listBlockedKeys,
  getFeed,
  getFeedCursor,
  setFeedCursor,
  skipDelivery,
  confirmValidation,
  attestValidation,
  listPortalLinks,
  createPortalLink,
  revokePortalLink,
  createSigningKey,
  createWebhook,
  deleteTenant,
  deleteWebhook,
  endSecret,
  endShadows,
  removeImport,
  getTenantEgress,
  getWebhookEgress,
  putTenantEgress,
  putWebhookEgress,
  endSigningKey,
  exportTenant,
  getAttention,
  getDeliveryRequest,
  getRejectedEvent,
  getStats,
  getUsage,
  getWebhook,
  getWebhookTrends,
  importWebhook,
  listAuditEntries,
  verifyAuditEntries,
  exportAuditEntries,
  listRejectedEvents,
  listSecrets,
  listSigningKeys,
  listWebhooks,
  previewDeliveryFormat,
  publishBatch,
  publishEvent,
  putWebhook,
  reactivateTenant,
  reactivateWebhook,
  requestValidation,
  restoreTenant,
  rotateSecret,
  search,
  suspendTenant,
  suspendWebhook,
  testAuthentication,
  testWebhook,
  updateWebhook,
};
