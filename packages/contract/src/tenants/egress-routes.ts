import { tenantParams } from './account-routes.js';
import {
  putTenantEgressBody,
  putWebhookEgressBody,
  tenantEgress,
  webhookEgress,
} from '../connections/egress.js';
import { idParams } from '../values/ids.js';
import type { RouteDefinition } from '../routes/route.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';

const readers = { scope: 'admin:read', tenancy: 'all' } as const;
const admins = { scope: 'admin', tenancy: 'all' } as const;
const ofTenant = {
  tag: 'Tenants',
  path: '/v1/tenants/:id/egress',
  params: tenantParams,
} as const;
const ofWebhook = {
  tag: 'Webhooks',
  path: '/v1/webhooks/:id/egress',
  params: idParams('webhook'),
  query: webhookTenantQuery,
} as const;

const REPLACES =
  'Absent settings get their defaults. When the response arrives, no request that takes the earlier route starts any more.';

export const egressRoutes = {
  getTenantEgress: {
    ...readers,
    ...ofTenant,
    method: 'get',
    summary: 'Get the egress settings of a tenant',
    description:
      'Returns the proxy of requests to the webhooks of a tenant, and the private networks that they may reach.',
    responses: { 200: { description: 'The settings.', body: tenantEgress } },
  },
  putTenantEgress: {
    ...admins,
    ...ofTenant,
    method: 'put',
    summary: 'Replace the egress settings of a tenant',
    description: `Sets the proxy of requests to the webhooks of a tenant, and the private networks that they may reach. ${REPLACES}`,
    body: putTenantEgressBody,
    responses: { 200: { description: 'The settings.', body: tenantEgress } },
  },
  getWebhookEgress: {
    ...readers,
    ...ofWebhook,
    method: 'get',
    summary: 'Get the egress settings of a webhook',
    description: 'Returns the proxy of requests to a webhook.',
    responses: { 200: { description: 'The settings.', body: webhookEgress } },
  },
  putWebhookEgress: {
    ...admins,
    ...ofWebhook,
    method: 'put',
    summary: 'Replace the egress settings of a webhook',
    description: `Sets the proxy of requests to a webhook. ${REPLACES}`,
    body: putWebhookEgressBody,
    responses: { 200: { description: 'The settings.', body: webhookEgress } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
