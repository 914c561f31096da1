import { z } from 'zod';
import type { RouteDefinition } from '../routes/route.js';
import { reactivateTenantBody, suspendedTenant, suspendTenantBody, tenantDetails } from './tenant.js';
import { webhookTenant } from '../values/tenant-reference.js';

/** `default` and `system` are refused with 409. */
const params = z.strictObject({ id: webhookTenant });
const tenants = { tag: 'Tenants', scope: 'admin', tenancy: 'all', hasEntityTag: true, params } as const;

export const tenantLifecycleRoutes = {
  suspendTenant: {
    ...tenants,
    method: 'post',
    path: '/v1/tenants/:id/suspend',
    summary: 'Suspend a tenant',
    description:
      'Stops everything for a tenant: no request to any of its webhooks starts after the response. Publishing for it, validation and ' +
      'test requests, retries, replays, recoveries and its feeds are refused with 403 `tenant_suspended`. Pending deliveries are ' +
      'dropped. Its webhooks keep their own states. Returns 409 `invalid_state` if the tenant is not active, and for `default` and `system`.',
    body: suspendTenantBody,
    bodyOptional: true,
    responses: { 200: { description: 'The tenant.', body: suspendedTenant } },
    errors: ['invalid_state'],
  },
  reactivateTenant: {
    ...tenants,
    method: 'post',
    path: '/v1/tenants/:id/reactivate',
    summary: 'Reactivate a tenant',
    description:
      'Resumes a suspended tenant. Its active webhooks receive events published from now on; nothing from before is sent. Returns 409 ' +
      '`invalid_state` if the tenant is not suspended.',
    body: reactivateTenantBody,
    bodyOptional: true,
    responses: { 200: { description: 'The tenant.', body: tenantDetails } },
    errors: ['invalid_state'],
  },
  deleteTenant: {
    ...tenants,
    method: 'delete',
    path: '/v1/tenants/:id',
    summary: 'Delete a tenant',
    description:
      'Stops everything for a tenant, as a suspend does; its API keys, sessions and portal links are no longer valid, and it is in no ' +
      'list. It can be restored with its `ten_…` id until `purgeAt`, when its data is purged: 7 days later, unless ' +
      '`POSTHORN_TENANT_PURGE_DAYS` is set. Until then its name and its external id stay in use. Returns 409 `invalid_state` for ' +
      '`default` and `system`.',
    responses: { 204: { description: 'The tenant was deleted.', body: null } },
    errors: ['invalid_state'],
  },
  restoreTenant: {
    ...tenants,
    method: 'post',
    path: '/v1/tenants/:id/restore',
    summary: 'Restore a deleted tenant',
    description:
      'Makes a deleted tenant active, as a reactivate does. Its API keys and portal links are valid again. Takes its `ten_…` id. Returns ' +
      '409 `invalid_state` if the tenant is not deleted or `purgeAt` has passed.',
    body: reactivateTenantBody,
    bodyOptional: true,
    responses: { 200: { description: 'The tenant.', body: tenantDetails } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
