import { AUDIT_ACTIONS } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { apiId, idOf } from '../values/ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';
import { queryBoolean, text } from '../values/text.js';

const auditAction = z.enum(AUDIT_ACTIONS).meta({ id: 'AuditAction' });

const snapshot = z.record(z.string(), z.unknown()).nullable();

const auditEntry = z
  .strictObject({
    id: apiId('auditEntry'),
    number: z.int().nullable().meta({
      description:
        'The place in the chain. Null until the entry is chained, a second or two later, and when read with a key of a tenant.',
    }),
    hash: z.string().nullable().meta({
      description:
        'The hash of the entry and of all entries before it, as `number`: SHA-256 in hexadecimal digits.',
    }),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null if the change concerns all tenants.' }),
    actor: z
      .strictObject({
        keyId: apiId('apiKey').nullable().meta({
          description:
            'The API key that made the change. Null for a person, for Posthorn itself and, when read with a key of a tenant, for keys of others.',
        }),
        personId: apiId('person').nullable().meta({
          description:
            'The person who made the change, signed in with single sign-on. Null for other callers and, when read with a key of a tenant.',
        }),
        sessionId: apiId('apiKey').nullable().meta({
          description: 'The session of the dashboard in which the change was made. Null for other callers.',
        }),
        portalLinkId: apiId('apiKey').nullable().meta({
          description:
            'The portal link through which the change was made, `keyId` or `personId` being the creator of the link. Null for other callers.',
        }),
        name: z.string().meta({
          description:
            'The name of the key or person at that time, or `system` for Posthorn itself. A key of a tenant sees `operator` for keys of ' +
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
        'The present URL of a webhook, or name of a tenant, key or person. Null for other targets, and for those that no longer exist.',
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

const place = z
  .strictObject({ number: z.int(), hash: z.string().meta({ description: 'In hexadecimal digits.' }) })
  .meta({ id: 'AuditChainPlace' });

const verification = z
  .strictObject({
    dropped: place.meta({
      description:
        'The last entry that the retention has dropped: the chain is checked from there. The number is 0 before it.',
    }),
    last: place.meta({ description: 'The last entry of the chain.' }),
    verified: place.extend({ createdAt: timestamp.nullable() }).meta({
      id: 'VerifiedAuditEntry',
      description: 'The last entry that was checked and fits: `after` of the next call.',
    }),
    erased: z.int().meta({
      description:
        'How many of the checked entries belong to an erased tenant: what was erased of them is not checked.',
    }),
    late: z.int().meta({
      description:
        'How many of the checked entries are dated more than an hour before an entry that was chained before them: they were inserted in the ' +
        'database, or a clock was wrong.',
    }),
    firstLate: z
      .strictObject({ number: z.int(), id: apiId('auditEntry'), createdAt: timestamp })
      .meta({ id: 'LateAuditEntry' })
      .nullable()
      .meta({ description: 'The first of the `late` entries.' }),
    unchained: z.int().meta({ description: 'Entries that are not in the chain yet, at most 10,000.' }),
    firstBreak: z
      .strictObject({
        number: z.int(),
        id: apiId('auditEntry').nullable().meta({ description: 'Null if the entry is missing.' }),
        reason: z.enum(['missing', 'changed', 'dropped']).meta({
          id: 'AuditBreakReason',
          description:
            '`dropped`: the retention has dropped the entry of `after`, so that its hash cannot be compared.',
        }),
      })
      .meta({ id: 'AuditBreak' })
      .nullable()
      .meta({ description: 'The first entry that does not fit.' }),
  })
  .meta({ id: 'AuditVerification' });

const MAX_CHECKED = 5000;

/** The number of an entry of the chain, and its hash if it is known. */
const PLACE = /^[0-9]{1,15}(:[0-9a-f]{64})?$/;

const after = z
  .string()
  .refine((value) => PLACE.test(value), { message: rule('pattern_mismatch', { pattern: PLACE.source }) })
  .transform((value) => {
    const [number, hash] = value.split(':');
    return { number: Number(number), hash: hash === undefined ? null : Buffer.from(hash, 'hex') };
  })
  .prefault('0');

const AFTER = { type: 'string', pattern: PLACE.source, default: '0' } as const;

export const auditRoutes = {
  listAuditEntries: {
    tag: 'Audit',
    scope: 'admin:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/audit-entries',
    summary: 'List audit log entries',
    description:
      'Returns every change made through this API and every automatic suspension and recovery, sign-ins, exports, and payloads that ' +
      'people have viewed, newest first. Published events are not recorded. Entries never contain secrets: custom headers appear by name, each with a fingerprint that changes with the ' +
      'value. Without `tenantId`, a key for all tenants lists the entries of all tenants.',
    query: z.strictObject({
      ...pageQuery,
      ...timeRange,
      tenantId: listedTenant.optional(),
      actorKeyId: idOf('apiKey')
        .optional()
        .meta({ description: 'Returns only changes made with this API key or through its portal links.' }),
      actorPersonId: idOf('person').optional().meta({
        description: 'Returns only changes made by this person or through their portal links.',
      }),
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
  verifyAuditEntries: {
    tag: 'Audit',
    scope: 'admin:read',
    tenancy: 'all',
    method: 'get',
    path: '/v1/audit-entries/verification',
    summary: 'Verify the audit log',
    description:
      'Checks the numbers and hashes of the next entries of the chain. Repeat the call with the number of `verified` as `after` until it is ' +
      'that of `last`. `posthorn audit verify` does so.',
    query: z.strictObject({
      after: after.meta({
        ...AFTER,
        description:
          'The number of an entry that was verified, or `NUMBER:HASH`: if it has another hash now, the entries up to it were computed again, ' +
          'and it is `firstBreak`. Default: from the first entry that is left.',
      }),
      limit: z
        .string()
        .refine((value) => /^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_CHECKED, {
          message: rule('out_of_range', { min: 1, max: MAX_CHECKED }),
        })
        .transform(Number)
        .default(MAX_CHECKED)
        .meta({
          type: 'integer',
          minimum: 1,
          maximum: MAX_CHECKED,
          default: MAX_CHECKED,
          description: 'Maximum number of entries to check.',
        }),
    }),
    responses: { 200: { description: 'What was checked.', body: verification } },
  },
  exportAuditEntries: {
    isHeldInQuarantine: true,
    tag: 'Audit',
    scope: 'admin:read',
    tenancy: 'all',
    method: 'get',
    path: '/v1/audit-entries/export',
    summary: 'Export the audit log',
    description:
      'Returns the entries of all tenants as lines of JSON, in the order of the chain, up to the last entry that is chained. Each line has a ' +
      '`type`, the entry as `data`, and a `cursor`: with it as `after`, an export continues after this line, and never skips an entry. It is ' +
      'refused with `conflict` if the entry no longer exists or has another hash. The last line has the type `complete`; without it, the ' +
      'export was interrupted. Each export is an entry itself.',
    query: z.strictObject({
      after: after.meta({
        ...AFTER,
        description:
          'The `cursor` of the last line that was received, `NUMBER:HASH`, or a number. Default: from the beginning.',
      }),
    }),
    responses: {
      200: { description: 'The entries.', body: null, rowTypes: ['application/x-ndjson'] },
    },
    errors: ['conflict'],
  },
} as const satisfies Record<string, RouteDefinition>;
