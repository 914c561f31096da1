import { z } from 'zod';
import { newKey } from '../access/api-key.js';
import { externalReference } from '../values/external-id.js';
import { apiId } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import { tagFilter } from '../values/resource-tags.js';
import { NOT_MODIFIED, type RouteDefinition } from '../routes/route.js';
import {
  createTenantBody,
  putTenantBody,
  tenant,
  tenantDetails,
  tenantStatus,
  updateTenantBody,
} from './tenant.js';
import { tenantReference } from '../values/tenant-reference.js';
import { searchText } from '../values/text.js';

const createdTenant = tenant
  .extend({
    key: newKey,
    keyId: apiId('apiKey'),
    keyExpiresAt: timestamp
      .nullable()
      .meta({ description: 'When the key expires. Null if it never expires.' }),
  })
  .meta({ id: 'CreatedTenant' });

const putTenantResult = tenantDetails
  .extend({
    key: newKey
      .nullable()
      .meta({ description: 'The first API key of a created tenant. Null for one that is replaced.' }),
    keyId: apiId('apiKey').nullable(),
    keyExpiresAt: timestamp.nullable(),
  })
  .meta({ id: 'PutTenantResult' });

const tenants = { tag: 'Tenants', scope: 'admin', tenancy: 'all' } as const;
export const tenantParams = z.strictObject({ id: tenantReference });

export const accountRoutes = {
  createTenant: {
    ...tenants,
    hasEntityTag: true,
    method: 'post',
    path: '/v1/tenants',
    summary: 'Create a tenant',
    description:
      'Creates a tenant and its first API key. The key is bound to the tenant, has all scopes except `admin`, and expires ' +
      'with the calling key, if that expires. ' +
      'Returns 409 `conflict` if a tenant with this name or external id already exists.',
    body: createTenantBody,
    responses: {
      201: {
        description: 'The tenant and its first API key.',
        location: '/v1/tenants/{id}',
        body: createdTenant,
      },
    },
    errors: ['conflict'],
  },
  listTenants: {
    ...tenants,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/tenants',
    summary: 'List tenants',
    description: 'Returns tenants, newest first. Deleted ones only with `status=deleted`.',
    query: z.strictObject({
      ...pageQuery,
      status: tenantStatus.optional(),
      tag: tagFilter('tenants'),
      search: searchText.meta({
        description: 'Returns only tenants whose name or external id contains this text.',
      }),
    }),
    responses: { 200: { description: 'A page of tenants.', body: pageOf(tenant, 'TenantPage') } },
  },
  getTenant: {
    ...tenants,
    scope: ['webhooks:read', 'events:read', 'deliveries:read'],
    tenancy: 'own',
    hasEntityTag: true,
    method: 'get',
    path: '/v1/tenants/:id',
    summary: 'Get a tenant',
    description:
      'Returns a tenant with its quotas and how much of them it uses. A key or portal link of a tenant can get only that tenant.',
    params: tenantParams,
    responses: { 200: { description: 'The tenant.', body: tenantDetails }, 304: NOT_MODIFIED },
  },
  putTenant: {
    ...tenants,
    hasEntityTag: true,
    method: 'put',
    path: '/v1/tenants/:id',
    summary: 'Create or replace a tenant',
    description:
      'Creates a tenant with the external id of the path, `ext:…`, and its first API key, or replaces all settings of the one that ' +
      'has it: absent settings and quotas get their defaults. Returns 409 `conflict` if another tenant has the name.',
    params: z.strictObject({ id: externalReference }),
    paramsHint: 'PUT takes your own id: /v1/tenants/ext:…. To change a tenant by its ten_… id, use PATCH.',
    body: putTenantBody,
    responses: {
      200: { description: 'The replaced tenant.', body: putTenantResult },
      201: {
        description: 'The created tenant and its first API key.',
        location: '/v1/tenants/{id}',
        body: putTenantResult,
      },
    },
    errors: ['conflict'],
  },
  updateTenant: {
    ...tenants,
    hasEntityTag: true,
    method: 'patch',
    path: '/v1/tenants/:id',
    summary: 'Update a tenant',
    description:
      'Updates the given settings and quotas. A quota below the current usage deletes nothing; it prevents new resources. Quotas ' +
      'for events take effect within a few seconds. Returns 409 `conflict` if a tenant with this name or external id already exists.',
    params: tenantParams,
    body: updateTenantBody,
    responses: { 200: { description: 'The tenant.', body: tenantDetails } },
    errors: ['conflict'],
  },
} as const satisfies Record<string, RouteDefinition>;
