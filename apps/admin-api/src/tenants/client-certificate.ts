import { encodeId } from '@posthorn/core';
import { storeTenantRequest } from '@posthorn/database/webhooks/prisma';
import { resolveTenantId, tenantNotFound } from '../access/tenancy.js';
import type { Handler } from '../calls/handler.js';
import { newCertificateRequest } from '../certificates/certificate-request.js';
import { withPrivateKey } from '../certificates/with-private-key.js';
import type { TenantDeps } from './deps.js';
import { updateTenant } from './tenants.js';

export const requestTenantCertificate: Handler<'requestTenantCertificate', TenantDeps> = async (
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

export const putTenantCertificate: Handler<'putTenantCertificate', TenantDeps> = async (request, deps) => {
  const tenantId = resolveTenantId(request.caller, request.params.id);
  const clientCertificate = await withPrivateKey(request.body, { tenantId, webhookId: null }, deps);
  return updateTenant({ ...request, body: { clientCertificate } }, deps);
};
