import type { OperationId } from '@posthorn/contract';
import type { BeforeValidation, Handlers, InputErrors } from '../http/handler.js';
import * as accounts from './accounts.js';
import { getAttention } from './attention.js';
import { listAuditEntries } from './audit.js';
import { compareRequest } from './comparisons.js';
import * as deliveries from './deliveries.js';
import { getDeliveryRequest } from './delivery-request.js';
import * as eventTypes from './event-types.js';
import * as events from './events.js';
import { endShadows } from './end-shadows.js';
import { importWebhook } from './import-webhook.js';
import { attestValidation, deleteWebhook, reactivateWebhook, suspendWebhook } from './lifecycle.js';
import * as notifications from './notifications.js';
import * as overview from './overview.js';
import { createPortalLink, listPortalLinks, revokePortalLink } from './portal-links.js';
import { assertShortWait, publishBatch, publishEvent } from './publish.js';
import { getRejectedEvent, listRejectedEvents } from './rejected-events.js';
import * as recoveries from './recoveries.js';
import * as replays from './replays.js';
import { search } from './search.js';
import * as session from './session.js';
import { getStats, getWebhookTrends } from './stats.js';
import * as tenants from './tenants.js';
import { previewDeliveryFormat } from './delivery-formats.js';
import { createSigningKey, endSigningKey, listSigningKeys } from './signing-keys.js';
import { webhookInputErrors } from '../webhook-input-errors.js';
import { testWebhook } from './test-webhook.js';
import { confirmValidation, requestValidation } from './validation.js';
import { endSecret, listSecrets, rotateSecret } from './webhook-secrets.js';
import { createWebhook, getWebhook, listWebhooks, putWebhook, updateWebhook } from './webhooks.js';

/** Checks before the validation of a call. */
export const BEFORE_VALIDATION: Partial<Record<OperationId, BeforeValidation>> = {
  publishEvent: assertShortWait,
};

/** Rules for the input of a call beyond its schema. */
export const INPUT_ERRORS: Partial<Record<OperationId, InputErrors>> = {
  createWebhook: webhookInputErrors,
  updateWebhook: webhookInputErrors,
  putWebhook: webhookInputErrors,
  importWebhook: webhookInputErrors,
};

/** The handler of each route. */
export const HANDLERS: Handlers = {
  ...accounts,
  ...deliveries,
  ...eventTypes,
  ...events,
  ...notifications,
  ...overview,
  ...recoveries,
  ...replays,
  ...session,
  ...tenants,
  compareRequest,
  confirmValidation,
  attestValidation,
  listPortalLinks,
  createPortalLink,
  revokePortalLink,
  createSigningKey,
  createWebhook,
  deleteWebhook,
  endSecret,
  endShadows,
  endSigningKey,
  getAttention,
  getDeliveryRequest,
  getRejectedEvent,
  getStats,
  getWebhook,
  getWebhookTrends,
  importWebhook,
  listAuditEntries,
  listRejectedEvents,
  listSecrets,
  listSigningKeys,
  listWebhooks,
  previewDeliveryFormat,
  publishBatch,
  publishEvent,
  putWebhook,
  reactivateWebhook,
  requestValidation,
  rotateSecret,
  search,
  suspendWebhook,
  testWebhook,
  updateWebhook,
};
