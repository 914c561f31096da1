import { AUDIT_ACTIONS } from '@posthorn/core';
import { z } from 'zod';
import { apiId, idOf } from './ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';
import { listedTenant } from './tenant-reference.js';
import { queryBoolean, text } from './text.js';

const auditAction = z.enum(AUDIT_ACTIONS).meta({ id: 'AuditAction' });

const snapshot = z.record(z.string(), z.unknown()).nullable();

const auditEntry = z
  .strictObject({
    id: apiId('auditEntry'),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null if the change concerns all tenants.' }),
    actor: z
      .strictObject({
        keyId: apiId('apiKey').nullable().meta({
          description:
            'The API key that made the change. Null for Posthorn itself and, when read with a key of a tenant, for keys of others.',
        }),
        portalLinkId: apiId('apiKey').nullable().meta({
          description:
            'The portal link through which the change was made, `keyId` being the key that created the link. Null for other callers.',
        }),
        name: z.string().meta({
          description:
            'The name of the key at that time, or `system` for Posthorn itself. A key of a tenant sees `operator` for keys of ' +
            'all tenants, and `portal link` for links that these created.',
        }),
      })
      .meta({ id: 'AuditActor' }),
    action: auditAction,
    target: z.string().meta({
      description:
        'The id of the changed resource, the name of an event type, or the address of a recipient.',
      example: 'wh_01jw000000e008000000000001',
    }),
    targetName: z.string().nullable().meta({
      description:
        'The present URL of a webhook, or name of a tenant or key. Null for other targets, and for those that no longer exist.',
      example: 'https://example.com/hooks',
    }),
    before: snapshot.meta({
      description: 'The previous values of the changed fields. Null if the resource was created.',
    }),
    after: snapshot.meta({
      description: 'The new values of the changed fields. Null if the resource was deleted.',
    }),
    requestId: z.string().nullable().meta({
      description:
        'The `x-request-id` of the request. Null for Posthorn itself and, when read with a key of a tenant, for operators.',
    }),
    clientAddress: z.string().nullable().meta({
      description:
        'The IP address of the caller. Null for Posthorn itself and, when read with a key of a tenant, for operators.',
    }),
    createdAt: timestamp,
  })
  .meta({ id: 'AuditEntry' });

export type AuditEntryResponse = z.input<typeof auditEntry>;

export const auditRoutes = {
  listAuditEntries: {
    tag: 'Audit',
    scope: 'admin',
    tenancy: 'own',
    method: 'get',
    path: '/v1/audit-entries',
    summary: 'List audit log entries',
    description:
      'Returns every change made through this API and every automatic suspension and recovery, newest first. Published events are not ' +
      'recorded. Entries never contain secrets: custom headers appear by name, each with a fingerprint that changes with the ' +
      'value. Without `tenantId`, a key for all tenants lists the entries of all tenants.',
    query: z.strictObject({
      ...pageQuery,
      ...timeRange,
      tenantId: listedTenant.optional(),
      actorKeyId: idOf('apiKey')
        .optional()
        .meta({ description: 'Returns only changes made with this API key or through its portal links.' }),
      action: auditAction.optional(),
      signIns: queryBoolean.optional().meta({
        description: 'Returns only sign-ins and sign-outs, or all other entries.',
      }),
      target: text(256).optional().meta({
        description:
          'The id of the changed resource, the name of an event type, or the address of a recipient.',
      }),
    }),
    responses: {
      200: { description: 'A page of audit log entries.', body: pageOf(auditEntry, 'AuditEntryPage') },
    },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
