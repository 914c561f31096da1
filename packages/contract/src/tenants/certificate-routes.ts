import { tenantParams } from './account-routes.js';
import {
  certificateRequest,
  certificateRequestBody,
  putClientCertificateBody,
} from '../connections/certificate.js';
import { idParams } from '../values/ids.js';
import type { RouteDefinition } from '../routes/route.js';
import { tenantDetails } from './tenant.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';
import { webhook } from '../webhooks/webhook.js';

const ofWebhook = {
  tag: 'Webhooks',
  scope: 'webhooks:write',
  tenancy: 'own',
  portalFeatures: ['edit'],
  params: idParams('webhook'),
  query: webhookTenantQuery,
} as const;

const ofTenant = { tag: 'Tenants', scope: 'admin', tenancy: 'all', params: tenantParams } as const;

const REQUEST_DESCRIPTION =
  'Creates a key pair (ECDSA, P-256) and returns a certificate signing request for it. The private key never leaves Posthorn: it is ' +
  'stored encrypted until the certificate is set, and replaces the key of an earlier request. The present client certificate stays.';

const PUT_DESCRIPTION =
  'Sets the client certificate: with its private key, or, without, the certificate that an authority has issued for the last ' +
  'certificate signing request or, as a renewal, for the present key. Setting it ends the signing request.';

export const certificateRoutes = {
  requestClientCertificate: {
    ...ofWebhook,
    method: 'post',
    path: '/v1/webhooks/:id/client-certificate/csr',
    summary: 'Create a certificate signing request',
    description: REQUEST_DESCRIPTION,
    body: certificateRequestBody,
    bodyOptional: true,
    responses: { 200: { description: 'The signing request.', body: certificateRequest } },
    errors: ['invalid_state'],
  },
  putClientCertificate: {
    ...ofWebhook,
    hasEntityTag: true,
    method: 'put',
    path: '/v1/webhooks/:id/client-certificate',
    summary: 'Set the client certificate',
    description: PUT_DESCRIPTION,
    body: putClientCertificateBody,
    responses: { 200: { description: 'The webhook.', body: webhook } },
  },
  requestTenantCertificate: {
    ...ofTenant,
    method: 'post',
    path: '/v1/tenants/:id/client-certificate/csr',
    summary: 'Create a certificate signing request of a tenant',
    description: `${REQUEST_DESCRIPTION} For the webhooks of the tenant without their own client certificate.`,
    body: certificateRequestBody,
    bodyOptional: true,
    responses: { 200: { description: 'The signing request.', body: certificateRequest } },
  },
  putTenantCertificate: {
    ...ofTenant,
    hasEntityTag: true,
    method: 'put',
    path: '/v1/tenants/:id/client-certificate',
    summary: 'Set the client certificate of a tenant',
    description: `${PUT_DESCRIPTION} It is that of the webhooks of the tenant without their own.`,
    body: putClientCertificateBody,
    responses: { 200: { description: 'The tenant.', body: tenantDetails } },
  },
} as const satisfies Record<string, RouteDefinition>;
