import { ROLES, SCOPES } from '@posthorn/core';
import { z } from 'zod';
import { moment } from '../values/moment.js';
import { rule } from '../values/rule.js';
import { apiId, idOf } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { tenantReference } from '../values/tenant-reference.js';
import { text } from '../values/text.js';

/** Maximum number of tenants that a key is limited to. */
const MAX_TENANTS = 100;

const scope = z.enum(SCOPES).meta({ id: 'Scope' });

export const role = z.enum(ROLES).meta({ id: 'Role' });

/** A key that is shown once. */
export const newKey = z
  .string()
  .meta({ description: 'The API key. It is returned only in this response.', example: 'phk_…' });

export const apiKey = z
  .strictObject({
    id: apiId('apiKey'),
    name: z.string(),
    prefix: z.string().meta({ description: 'The first characters of the key, to identify it.' }),
    tenantId: apiId('tenant').nullable().meta({
      description: 'The tenant that the key is bound to. Null for a key for all tenants, or for `tenantIds`.',
    }),
    tenantIds: z.array(apiId('tenant')).nullable().meta({
      description: 'The only tenants of a key of the operator. Null for other keys.',
    }),
    role: role.nullable().meta({ description: 'The role of the key. Null for a key with its own scopes.' }),
    scopes: z.array(scope).meta({ description: 'The scopes of the role, or those of the key.' }),
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
      'The permissions of the key. `admin` implies all others. `payloads:read` shows the values that event types redact, to keys that read ' +
      'events or deliveries. `webhooks:operate` suspends, reactivates, tests and mutes webhooks; `webhooks:write` implies it. ' +
      '`admin:read` reads tenants, usage, API keys, portal links, erasures and the audit log. Default: all scopes except `admin` and `admin:read`.',
  });

export const createdKey = apiKey.extend({ key: newKey }).meta({ id: 'CreatedApiKey' });

const expiresAt = (defaultExpiry: string) =>
  moment
    .refine((time) => time.getTime() > Date.now(), rule('in_past'))
    .nullish()
    .meta({
      description: `When the key expires, but no later than the calling key. Default: ${defaultExpiry}.`,
    });

export const createApiKeyBody = z
  .strictObject({
    name: text(100).trim().default(''),
    tenantId: tenantReference.optional(),
    tenantIds: z
      .array(tenantReference)
      .min(1)
      .max(MAX_TENANTS)
      .optional()
      .meta({
        description:
          'The only tenants that the key can access, instead of `tenantId`. Each call acts in one of them. The keys of a tenant and ' +
          'its quota do not include it. Takes a key for all tenants.',
      }),
    role: role.optional().meta({
      description: 'The role of the key, instead of `scopes`: it always has the scopes of its role.',
    }),
    scopes: scopes.optional(),
    webhookId: idOf('webhook').optional().meta({
      description:
        'The webhook whose feed the key can read, and nothing else. `scopes` is `["feed:read"]`, which is the default then.',
    }),
    expiresAt: expiresAt('that of the calling key'),
  })
  .superRefine((body, context) => {
    const reject = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (body.role && body.scopes) reject('role', rule('not_with', { field: 'scopes' }));
    if (body.tenantIds && body.tenantId) reject('tenantIds', rule('not_with', { field: 'tenantId' }));
    if (body.webhookId === undefined) return;
    if (body.role) reject('role', rule('not_with', { field: 'webhookId' }));
    if (body.tenantIds) reject('tenantIds', rule('not_with', { field: 'webhookId' }));
    if ((body.scopes ?? ['feed:read']).join() !== 'feed:read')
      reject('scopes', rule('constant', { value: '["feed:read"]' }));
  })
  .meta({ id: 'CreateApiKey' });

const overlapHours = z
  .int()
  .min(0)
  .max(168)
  .default(24)
  .meta({ description: 'How long the old key remains valid, in hours. 0 revokes it immediately.' });

export const rotateApiKeyBody = z
  .strictObject({ overlapHours, expiresAt: expiresAt('that of the old key') })
  .meta({ id: 'RotateApiKey' });
