import { SCOPES } from '@posthorn/core';
import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { moment } from '../moment.js';
import { apiId, idParams } from './ids.js';
import { pageOf, pageQuery, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';
import { searchText, text } from './text.js';

const key = z.string().meta({ description: 'The API key. Shown here only.', example: 'phk_…' });

const tenant = z
  .strictObject({ id: apiId('tenant'), name: z.string(), createdAt: timestamp })
  .meta({ id: 'Tenant' });

export const apiKey = z
  .strictObject({
    id: apiId('apiKey'),
    name: z.string(),
    prefix: z.string().meta({ description: 'How the key begins, to tell keys apart.' }),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null: a key for all tenants.' }),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: timestamp,
    expiresAt: timestamp.nullable().meta({ description: 'From then on it opens nothing; null: never.' }),
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });

export type ApiKeyAnswer = z.input<typeof apiKey>;

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .transform((list) => [...new Set(list)])
  .meta({ description: '`admin` implies all others. All but `admin` if absent.' });

const createdKey = apiKey.extend({ key }).meta({ id: 'CreatedApiKey' });

const expiresAt = moment
  .refine((time) => time.getTime() > Date.now(), 'must lie ahead')
  .nullish()
  .meta({ description: 'When the key ends by itself; absent or null: never.' });

const overlapHours = z
  .int()
  .min(0)
  .max(168)
  .default(24)
  .meta({ description: 'For how long the old key still works.' });

const tenants = { tag: 'Tenants', scope: 'admin', tenancy: 'all' } as const;
const apiKeys = { tag: 'API keys', scope: 'admin', tenancy: 'own' } as const;

export const accountRoutes = {
  createTenant: {
    ...tenants,
    method: 'post',
    path: '/v1/tenants',
    summary: 'Create a tenant',
    description: 'With a first API key, which is bound to it and has all scopes but `admin`.',
    body: z.strictObject({ name: text(100).trim().min(1) }),
    answers: {
      201: {
        description: 'The tenant, with its first key.',
        body: tenant.extend({ key, keyId: apiId('apiKey') }).meta({ id: 'CreatedTenant' }),
      },
    },
    errors: ['conflict'],
  },
  listTenants: {
    ...tenants,
    method: 'get',
    path: '/v1/tenants',
    summary: 'List tenants',
    query: z.strictObject({
      ...pageQuery,
      search: searchText.meta({ description: 'A part of the name.' }),
    }),
    answers: { 200: { description: 'One page, newest first.', body: pageOf(tenant) } },
  },
  createApiKey: {
    ...apiKeys,
    method: 'post',
    path: '/v1/api-keys',
    summary: 'Create an API key',
    description:
      'Without `tenantId` it is for all tenants; made with a key that is bound to a tenant, for that tenant.',
    body: z.strictObject({
      name: text(100).trim().default(''),
      tenantId: tenantReference.optional(),
      scopes: scopes.optional(),
      expiresAt,
    }),
    answers: { 201: { description: 'The key.', body: createdKey } },
    errors: ['not_found'],
  },
  listApiKeys: {
    ...apiKeys,
    method: 'get',
    path: '/v1/api-keys',
    summary: 'List API keys',
    description: 'Revoked ones, too. Without `tenantId` those for all tenants and of every tenant.',
    query: z.strictObject({ ...pageQuery, tenantId: tenantReference.optional() }),
    answers: { 200: { description: 'One page, newest first.', body: pageOf(apiKey) } },
    errors: ['not_found'],
  },
  revokeApiKey: {
    ...apiKeys,
    method: 'delete',
    path: '/v1/api-keys/:id',
    summary: 'Revoke an API key',
    description: 'It stops at once. It stays in the list, with `revokedAt`.',
    params: idParams('apiKey'),
    answers: { 204: { description: 'Revoked.', body: null } },
  },
  rotateApiKey: {
    ...apiKeys,
    method: 'post',
    path: '/v1/api-keys/:id/rotate',
    summary: 'Replace an API key',
    description:
      'Makes a new key with the name, tenant and scopes of the old one, which ends after `overlapHours`, at once with 0. ' +
      'A key that has ended cannot be rotated.',
    params: idParams('apiKey'),
    body: z.strictObject({ overlapHours, expiresAt }),
    bodyOptional: true,
    answers: { 201: { description: 'The new key.', body: createdKey } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
