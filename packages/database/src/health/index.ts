export { correctFailingSince } from './correct-failing-since.js';
export { countUnhealthyWebhooks } from './count-unhealthy-webhooks.js';
export { type FailingWebhook, listFailingWebhooks } from './list-failing-webhooks.js';
export { readAttention } from './read-attention.js';
export { type CertificateExpiry, readCertificateExpiry } from './read-certificate-expiry.js';
export { type HealthUpdate, recordHealth } from './record-health.js';
export { suspendFailingWebhook } from './suspend-failing-webhook.js';
export { updateWebhookHealth } from './update-webhook-health.js';
export { warnFailingWebhook } from './warn-failing-webhook.js';
