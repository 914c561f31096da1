import { AUDIT_ACTIONS } from '@posthorn/core';
import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { apiId, idOf } from './ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';
import { text } from './text.js';

const fields = z.record(z.string(), z.unknown()).nullable();

const auditEntry = z
  .strictObject({
    id: apiId('auditEntry'),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null: it is about all tenants.' }),
    actor: z.strictObject({
      keyId: apiId('apiKey').nullable().meta({ description: 'Null: Posthorn itself.' }),
      name: z.string().meta({ description: 'What the key was called then, or `system`.' }),
    }),
    action: z.enum(AUDIT_ACTIONS),
    target: z.string().meta({
      description: 'The id of what was changed, or the name of an event type.',
      example: 'wh_01jw000000e008000000000001',
    }),
    before: fields.meta({ description: 'What was another before; null when it was not there.' }),
    after: fields.meta({ description: 'The same after; null when it is not there any more.' }),
    requestId: z.string().nullable(),
    clientAddress: z.string().nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'AuditEntry' });

export type AuditEntryAnswer = z.input<typeof auditEntry>;

export const auditRoutes = {
  listAuditEntries: {
    tag: 'Audit',
    scope: 'admin',
    tenancy: 'own',
    method: 'get',
    path: '/v1/audit-entries',
    summary: 'List who changed what',
    description:
      'Every change made by this API, and what Posthorn suspended itself. Published events are not listed. No secret is: of ' +
      'custom headers there are only names, each with a mark that is another for another value. Without `tenantId` a key for all ' +
      'tenants sees all.',
    query: z.strictObject({
      ...pageQuery,
      ...timeRange,
      tenantId: tenantReference.optional(),
      actorKeyId: idOf('apiKey').optional(),
      action: z.enum(AUDIT_ACTIONS).optional(),
      target: text(256).optional().meta({ description: 'An id, or the name of an event type.' }),
    }),
    answers: { 200: { description: 'One page, newest first.', body: pageOf(auditEntry) } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
