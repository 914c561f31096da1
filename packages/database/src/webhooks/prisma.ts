export {
  type CertificateChange,
  type CertificateIds,
  type CertificateOwner,
  type CertificatesRecord,
  certificatesSnapshot,
  findCertificateKeys,
  findConnectionCertificates,
  type NewCertificates,
} from './certificates.js';
export {
  type ChangedWebhook,
  changeWebhook,
  type RequestChange,
  type WebhookChange,
} from './change-webhook.js';
export { createWebhook, type NewWebhook } from './create-webhook.js';
export {
  findImport,
  findShadows,
  findWebhook,
  findWebhookId,
  type ImportOrigin,
  isImportDeletedByHand,
  listWebhooks,
  type WebhookTarget,
} from './find-webhooks.js';
export { listRefusedImports, replaceRefusedImports } from './refused-imports.js';
export { storeTenantRequest, storeWebhookRequest } from './request-certificate.js';
export {
  type Confirmation,
  confirmValidation,
  markValidationDelivered,
  storeValidation,
} from './validations.js';
export type { WebhookRecord, WebhookSettings } from './webhook-record.js';
