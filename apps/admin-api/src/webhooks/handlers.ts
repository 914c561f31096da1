import { bindHandlers } from '../calls/bind-handlers.js';
import { requestClientCertificate, putClientCertificate } from './client-certificate.js';
import { previewDeliveryFormat } from './delivery-formats.js';
import type { WebhookDeps } from './deps.js';
import { suspendWebhook, deleteWebhook, reactivateWebhook, attestValidation } from './lifecycle.js';
import { createSigningKey, listSigningKeys, endSigningKey } from './signing-keys.js';
import { testAuthentication } from './test-authentication.js';
import { testWebhook } from './test-webhook.js';
import { rotateSecret, listSecrets, endSecret } from './webhook-secrets.js';
import { createWebhook, listWebhooks, getWebhook, updateWebhook, putWebhook } from './webhooks.js';

/** Creates the handlers of webhooks. */
export const createWebhookHandlers = (deps: WebhookDeps) =>
  bindHandlers(
    {
      requestClientCertificate,
      putClientCertificate,
      previewDeliveryFormat,
      suspendWebhook,
      deleteWebhook,
      reactivateWebhook,
      attestValidation,
      createSigningKey,
      listSigningKeys,
      endSigningKey,
      testAuthentication,
      testWebhook,
      rotateSecret,
      listSecrets,
      endSecret,
      createWebhook,
      listWebhooks,
      getWebhook,
      updateWebhook,
      putWebhook,
    },
    deps,
  );
