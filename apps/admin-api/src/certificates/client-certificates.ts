import { encodeId, fieldError, openCertificateKey, PosthornError } from '@posthorn/core';
import {
  type CertificateOwner,
  findCertificateKeys,
  findWebhook,
  storeTenantRequest,
  storeWebhookRequest,
} from '@posthorn/database/webhooks/prisma';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/handler.js';
import { resolveTenantId, tenantNotFound } from '../tenants/tenancy.js';
import { updateTenant } from '../tenants/tenants.js';
import { getsNoRequests, webhookNotFound } from '../webhooks/webhook-errors.js';
import { updateWebhook } from '../webhooks/webhooks.js';
import { newCertificateRequest } from './certificate-request.js';
import { isCertificateOf, readClientCertificate } from './read-certificates.js';

export const requestClientCertificate: Handler<'requestClientCertificate'> = async (
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

export const putClientCertificate: Handler<'putClientCertificate'> = async (request, deps) => {
  const { caller, params, body } = request;
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const owner = { tenantId: webhook.tenantId, webhookId: webhook.id };
  const clientCertificate = await withPrivateKey(body, owner, deps);
  return updateWebhook({ ...request, body: { clientCertificate } }, deps);
};

export const requestTenantCertificate: Handler<'requestTenantCertificate'> = async (
  { caller, actor, params, body },
  deps,
) => {
  const tenantId = resolveTenantId(caller, params.id);
  const { commonName = encodeId('tenant', tenantId), organization } = body;
  const request = await newCertificateRequest({ commonName, organization }, deps.sealer);
  const shown = { commonName, organization };
  const isStored = await deps.change({ caller, resource: tenantId }, (prisma) =>
    storeTenantRequest(prisma, tenantId, { request, shown, actor }),
  );
  if (!isStored) throw tenantNotFound();
  return { status: 200, body: { certificateRequest: request.pem } };
};

export const putTenantCertificate: Handler<'putTenantCertificate'> = async (request, deps) => {
  const tenantId = resolveTenantId(request.caller, request.params.id);
  const clientCertificate = await withPrivateKey(request.body, { tenantId, webhookId: null }, deps);
  return updateTenant({ ...request, body: { clientCertificate } }, deps);
};

interface CertificateWithKey {
  certificate: string;
  privateKey: string;
}

/**
 * Returns a certificate with its private key: the given key, the key of the signing request, or the key of the present certificate.
 * @throws PosthornError if it is for none of them
 */
async function withPrivateKey(
  { certificate, privateKey }: Pick<CertificateWithKey, 'certificate'> & { privateKey?: string | undefined },
  owner: CertificateOwner,
  { prisma, sealer }: Pick<ApiDeps, 'prisma' | 'sealer'>,
): Promise<CertificateWithKey> {
  if (privateKey !== undefined) return valid({ certificate, privateKey });
  const keys = (await findCertificateKeys(prisma, owner)).map((stored) => openCertificateKey(stored, sealer));
  const [first] = keys;
  if (first === undefined)
    throw new PosthornError('invalid_input', { errors: [fieldError('privateKey', 'required')] });
  return valid({ certificate, privateKey: keys.find((key) => isCertificateOf(certificate, key)) ?? first });
}

/** Returns a valid certificate as it is. @throws PosthornError with what is wrong with it */
function valid(certificate: CertificateWithKey): CertificateWithKey {
  const read = readClientCertificate(certificate, new Date());
  if (Array.isArray(read)) throw new PosthornError('invalid_input', { errors: read });
  return certificate;
}
