import { encodeId } from '@posthorn/core';
import { findWebhook, storeWebhookRequest } from '@posthorn/database/webhooks/prisma';
import type { Handler } from '../calls/handler.js';
import { newCertificateRequest } from '../certificates/certificate-request.js';
import { withPrivateKey } from '../certificates/with-private-key.js';
import type { WebhookDeps } from './deps.js';
import { getsNoRequests, webhookNotFound } from './webhook-errors.js';
import { updateWebhook } from './webhooks.js';

export const requestClientCertificate: Handler<'requestClientCertificate', WebhookDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const webhook = await findWebhook(deps.prisma, target);
  if (!webhook) throw webhookNotFound();
  if (webhook.url === null) throw getsNoRequests();
  const { commonName = encodeId('webhook', params.id), organization } = body;
  const request = await newCertificateRequest({ commonName, organization }, deps.sealer);
  const shown = { commonName, organization };
  const isStored = await deps.change({ caller, resource: params.id }, (prisma) =>
    storeWebhookRequest(prisma, target, { request, shown, actor }),
  );
  if (!isStored) throw webhookNotFound();
  return { status: 200, body: { certificateRequest: request.pem } };
};

export const putClientCertificate: Handler<'putClientCertificate', WebhookDeps> = async (request, deps) => {
  const { caller, params, body } = request;
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const owner = { tenantId: webhook.tenantId, webhookId: webhook.id };
  const clientCertificate = await withPrivateKey(body, owner, deps);
  return updateWebhook({ ...request, body: { clientCertificate } }, deps);
};
