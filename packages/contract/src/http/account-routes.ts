import { SCOPES } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../rule.js';
import { moment } from '../moment.js';
import { externalReference } from './external-id.js';
import { apiId, idOf, idParams } from './ids.js';
import { pageOf, pageQuery, timestamp } from './lists.js';
import { NOT_MODIFIED, type RouteDefinition } from './route.js';
import { createTenantBody, putTenantBody, tenant, tenantDetails, updateTenantBody } from './tenant.js';
import { searchText, text } from './text.js';
import { listedTenant, tenantReference } from './tenant-reference.js';

const scope = z.enum(SCOPES).meta({ id: 'Scope' });

const key = z
  .string()
  .meta({ description: 'The API key. It is returned only in this response.', example: 'phk_…' });

export const apiKey = z
  .strictObject({
    id: apiId('apiKey'),
    name: z.string(),
    prefix: z.string().meta({ description: 'The first characters of the key, to identify it.' }),
    tenantId: apiId('tenant')
      .nullable()
      .meta({ description: 'The tenant that the key is bound to. Null for a key for all tenants.' }),
    scopes: z.array(scope),
    webhookId: apiId('webhook').nullable().meta({
      description: 'The webhook whose feed is all that the key can read. Null for other keys.',
    }),
    createdAt: timestamp,
    lastUsedAt: timestamp.nullable().meta({
      description:
        'When the key, or one of its sessions or portal links, was last used, to within about a minute. Null if never.',
    }),
    expiresAt: timestamp.nullable().meta({ description: 'When the key expires. Null if it never expires.' }),
    revokedAt: timestamp.nullable().meta({ description: 'When the key was revoked. Null if it was not.' }),
  })
  .meta({ id: 'ApiKey' });

export type ApiKeyResponse = z.input<typeof apiKey>;

const scopes = z
  .array(scope)
  .min(1)
  .max(SCOPES.length)
  .transform((list) => [...new Set(list)])
  .meta({
    description:
      'The permissions of the key. `admin` implies all others. Default: all scopes except `admin`.',
  });

const createdKey = apiKey.extend({ key }).meta({ id: 'CreatedApiKey' });

const expiresAt = (defaultExpiry: string) =>
  moment
    .refine((time) => time.getTime() > Date.now(), rule('in_past'))
    .nullish()
    .meta({
      description: `When the key expires, but no later than the calling key. Default: ${defaultExpiry}.`,
    });

const overlapHours = z
  .int()
  .min(0)
  .max(168)
  .default(24)
  .meta({ description: 'How long the old key remains valid, in hours. 0 revokes it immediately.' });

const createdTenant = tenant
  .extend({
    key,
    keyId: apiId('apiKey'),
    keyExpiresAt: timestamp
      .nullable()
      .meta({ description: 'When the key expires. Null if it never expires.' }),
  })
  .meta({ id: 'CreatedTenant' });

const putTenantResult = tenantDetails
  .extend({
    key: key
      .nullable()
      .meta({ description: 'The first API key of a created tenant. Null for one that is replaced.' }),
    keyId: apiId('apiKey').nullable(),
    keyExpiresAt: timestamp.nullable(),
  })
  .meta({ id: 'PutTenantResult' });

const tenants = { tag: 'Tenants', scope: 'admin', tenancy: 'all' } as const;
export const tenantParams = z.strictObject({ id: tenantReference });
/** Who sees the signing secrets of webhooks may manage the keys of their feeds, too; to make one it takes all that such a key can read. */
const apiKeys = {
  tag: 'API keys',
  scope: ['admin', 'webhooks:write'],
  portalFeatures: ['secrets'],
  tenancy: 'own',
} as const;
const newApiKeys = {
  ...apiKeys,
  scope: ['admin', ['webhooks:write', 'webhooks:read', 'events:read']],
  portalFeatures: ['secrets', 'events'],
} as const;

const FEED_KEYS = 'Without the scope `admin`, only keys of feeds exist for the caller.';

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
    method: 'get',
    path: '/v1/tenants',
    summary: 'List tenants',
    description: 'Returns tenants, newest first.',
    query: z.strictObject({
      ...pageQuery,
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
  createApiKey: {
    ...newApiKeys,
    method: 'post',
    path: '/v1/api-keys',
    summary: 'Create an API key',
    description:
      'Creates an API key for the tenant `tenantId`. Without `tenantId`, the new key has the reach of the calling key: its ' +
      'tenant, or all tenants. A key created by an expiring key, or in a session of one, expires no later than that key; a ' +
      'later `expiresAt` is invalid. The key itself is returned only in this response. With `webhookId`, it can only read the feed of ' +
      'this webhook, in the tenant of the webhook; other keys take the scope `admin`.',
    body: z
      .strictObject({
        name: text(100).trim().default(''),
        tenantId: tenantReference.optional(),
        scopes: scopes.optional(),
        webhookId: idOf('webhook').optional().meta({
          description:
            'The webhook whose feed the key can read, and nothing else. `scopes` is `["feed:read"]`, which is the default then.',
        }),
        expiresAt: expiresAt('that of the calling key'),
      })
      .superRefine(({ webhookId, scopes: chosen = ['feed:read'] }, context) => {
        if (webhookId === undefined) return;
        if (chosen.join() !== 'feed:read')
          context.addIssue({
            code: 'custom',
            path: ['scopes'],
            message: rule('constant', { value: '["feed:read"]' }),
          });
      })
      .meta({ id: 'CreateApiKey' }),
    responses: { 201: { description: 'The API key.', location: '/v1/api-keys/{id}', body: createdKey } },
    errors: ['not_found', 'quota_exceeded'],
  },
  listApiKeys: {
    ...apiKeys,
    method: 'get',
    path: '/v1/api-keys',
    summary: 'List API keys',
    description:
      'Returns API keys, newest first, including expired and revoked ones. Without `tenantId`, a key for all tenants ' +
      `lists every key. ${FEED_KEYS}`,
    query: z.strictObject({
      ...pageQuery,
      tenantId: listedTenant.optional(),
      webhookId: idOf('webhook').optional().meta({
        description: 'Returns only the keys of the feed of this webhook.',
      }),
    }),
    responses: { 200: { description: 'A page of API keys.', body: pageOf(apiKey, 'ApiKeyPage') } },
    errors: ['not_found'],
  },
  getApiKey: {
    ...apiKeys,
    method: 'get',
    path: '/v1/api-keys/:id',
    summary: 'Get an API key',
    description: `Returns an API key, also if it is expired or revoked. The key itself is not returned. ${FEED_KEYS}`,
    params: idParams('apiKey'),
    responses: { 200: { description: 'The API key.', body: apiKey } },
  },
  revokeApiKey: {
    ...apiKeys,
    method: 'delete',
    path: '/v1/api-keys/:id',
    summary: 'Revoke an API key',
    description:
      'Revokes the key immediately, with its sessions and portal links. API keys that it created stay valid. It remains in ' +
      `the list, with \`revokedAt\` set. ${FEED_KEYS}`,
    params: idParams('apiKey'),
    responses: { 204: { description: 'The key is revoked.', body: null } },
  },
  rotateApiKey: {
    ...newApiKeys,
    method: 'post',
    path: '/v1/api-keys/:id/rotate',
    summary: 'Rotate an API key',
    description:
      'Creates a new key with the name, tenant, webhook, scopes and expiry of the old one. The new key expires no later than the ' +
      'calling key. The old key remains valid for `overlapHours`, and until then both count toward the quota of the tenant. ' +
      `Returns 409 \`invalid_state\` if the key is expired or revoked. ${FEED_KEYS}`,
    params: idParams('apiKey'),
    body: z
      .strictObject({ overlapHours, expiresAt: expiresAt('that of the old key') })
      .meta({ id: 'RotateApiKey' }),
    bodyOptional: true,
    responses: { 201: { description: 'The new API key.', location: '/v1/api-keys/{id}', body: createdKey } },
    errors: ['invalid_state', 'quota_exceeded'],
  },
} as const satisfies Record<string, RouteDefinition>;
