import { z } from 'zod';
import { apiKey, createApiKeyBody, createdKey, rotateApiKeyBody } from './api-key.js';
import { idOf, idParams } from '../values/ids.js';
import { pageOf, pageQuery } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';

/** Who sees the signing secrets of webhooks may manage the keys of their feeds, too; to make one it takes all that such a key can read. */
const apiKeys = {
  tag: 'API keys',
  scope: ['admin', 'webhooks:write'],
  portalFeatures: ['secrets'],
  tenancy: 'own',
} as const;
const newApiKeys = {
  ...apiKeys,
  scope: ['admin', ['webhooks:write', 'webhooks:read', 'events:read', 'payloads:read']],
  portalFeatures: ['secrets', 'events', 'payloads'],
} as const;

const READ = ['admin:read', 'webhooks:write'] as const;

const FEED_KEYS =
  'Without the scope `admin` (to read them, `admin:read`), only keys of feeds exist for the caller.';

export const apiKeyRoutes = {
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
    body: createApiKeyBody,
    responses: { 201: { description: 'The API key.', location: '/v1/api-keys/{id}', body: createdKey } },
    errors: ['not_found', 'quota_exceeded'],
  },
  listApiKeys: {
    ...apiKeys,
    scope: READ,
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
    scope: READ,
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
    body: rotateApiKeyBody,
    bodyOptional: true,
    responses: { 201: { description: 'The new API key.', location: '/v1/api-keys/{id}', body: createdKey } },
    errors: ['invalid_state', 'quota_exceeded'],
  },
} as const satisfies Record<string, RouteDefinition>;
