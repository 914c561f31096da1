import { JSON_POINTER, MAX_SEARCH_KEY_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { apiId, idOf, idParams } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant, tenantReference } from '../values/tenant-reference.js';
import { text } from '../values/text.js';

/** Longest value of a person, in characters. */
const MAX_VALUE_LENGTH = 4096;

const MAX_RECEIPT_LENGTH = 4096;

const erasureStatus = z.enum(['running', 'completed', 'failed']).meta({ id: 'ErasureStatus' });

const erasureBody = z
  .strictObject({
    eventId: idOf('event').optional().meta({ description: 'Erases one event.' }),
    tenantId: tenantReference.optional().meta({
      description:
        'The tenant of `key` and `value`; `default` if it is absent. Without `key`, `value`, `eventId` and `receipt`: erases the tenant, ' +
        'which is deleted first.',
    }),
    key: text(MAX_SEARCH_KEY_LENGTH)
      .regex(JSON_POINTER, rule('not_json_pointer', { example: '/order/id' }))
      .optional()
      .meta({
        description:
          'A JSON Pointer (RFC 6901) into `data`. Erases the events that have the value there, or in an array there.',
        example: '/customer/id',
        pattern: String.raw`^(?:/(?:[^~/\u0000]|~[01])*)+$`,
      }),
    value: text(MAX_VALUE_LENGTH).optional().meta({
      description: 'The value, as text. `"42"` also matches the number 42, and `"true"` also matches true.',
      example: 'cus_1',
    }),
    receipt: text(MAX_RECEIPT_LENGTH).optional().meta({
      description:
        'The receipt of an erasure, which is repeated: after the restore of a backup from before it.',
    }),
    dryRun: z.boolean().default(false).meta({ description: 'Only counts what is known without a scan.' }),
  })
  .superRefine((body, context) => {
    const isPerson = body.key !== undefined || body.value !== undefined;
    const forms = [
      body.eventId !== undefined,
      body.receipt !== undefined,
      isPerson || body.tenantId !== undefined,
    ];
    if (forms.filter(Boolean).length !== 1)
      context.addIssue({ code: 'custom', message: rule('erasure_form') });
    for (const name of ['key', 'value'] as const)
      if (isPerson && body[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: rule('required') });
  })
  .meta({ id: 'Erase' });

export type ErasureBody = z.output<typeof erasureBody>;

const count = z.int();

const acceptedErasure = z
  .strictObject({
    id: apiId('erasure').nullable().meta({ description: 'Null for a `dryRun`.' }),
    total: count.meta({
      description: 'The number of events that are known. Those that only a scan finds are added later.',
    }),
  })
  .meta({ id: 'AcceptedErasure' });

export type AcceptedErasureResponse = z.input<typeof acceptedErasure>;

const erasure = z
  .strictObject({
    id: apiId('erasure'),
    kind: z.enum(['event', 'subject', 'tenant']).meta({
      id: 'ErasureKind',
      description: 'What is erased: an `event`, the events of a `subject` (a person), or a `tenant`.',
    }),
    tenantId: apiId('tenant'),
    eventId: apiId('event').nullable(),
    key: z.string().nullable().meta({ description: 'Of a subject. The value is not stored.' }),
    status: erasureStatus.meta({
      description:
        '`completed`: no request carries erased data any more; `failed`: see `error`, and erase again.',
    }),
    phase: z
      .enum(['pushes', 'index', 'scan', 'reports', 'erase', 'rejected', 'usage', 'purge', 'settle', 'redis'])
      .meta({ id: 'ErasurePhase' })
      .nullable()
      .meta({
        description:
          'What it does: removes `pushes` in Redis that are not stored yet; lists events by the search `index` and a `scan`, and operational ' +
          'events about them (`reports`); does `erase` them and `rejected` events; for a tenant, waits for its `usage` to be counted and ' +
          'does `purge` its rows; waits for requests in flight to `settle`; rewrites the file of `redis`. Null when it has ended.',
      }),
    total: count.meta({ description: 'The number of events that are known so far.' }),
    done: count.meta({ description: 'The number of events that are erased.' }),
    counts: z.record(z.string(), count).meta({
      description: 'What was erased, by kind of data.',
      example: { events: 3, attempts: 4, searchValues: 3 },
    }),
    coversUntil: timestamp.meta({
      description:
        'What was accepted until then is erased. In the phase `pushes`: the time of the call; then, the time at which all pushes that were ' +
        'in Redis at the call were removed or stored, an hour later at most.',
    }),
    error: z.string().nullable(),
    receipt: z
      .string()
      .nullable()
      .meta({
        description:
          'The sealed input, without the value, and `coversUntil`. Store it outside of the database, to repeat the erasure after a restore. Null for the purge ' +
          'of a tenant whose grace period has passed.',
      }),
    startedByName: z
      .string()
      .nullable()
      .meta({
        description:
          'The name of the key that started it, `operator` for a key of all tenants if the caller is a tenant. Null for the purge of a tenant ' +
          'whose grace period has passed, and when the audit log no longer has it.',
      }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'Erasure' });

export type ErasureResponse = z.input<typeof erasure>;

const erasures = { tag: 'Erasures', scope: 'admin', tenancy: 'own' } as const;

export const erasureRoutes = {
  createErasure: {
    ...erasures,
    method: 'post',
    path: '/v1/erasures',
    summary: 'Erase data',
    description:
      'Removes the data of an event, of a person or of a tenant, also what receivers responded, search values and idempotency keys. It ' +
      'covers what was accepted before the call, and the pushes that are in Redis then, and cannot be undone. Returns when the producers have ' +
      'looked for these pushes, after 2 seconds at the latest; see `coversUntil`. Erased events keep their ids, types, times and counts. Pending ' +
      'deliveries are dropped as `erased`. The same input while an erasure runs returns that erasure. Only keys for all tenants erase a ' +
      'tenant. Returns 409 `invalid_state` for `default` and `system`.',
    body: erasureBody,
    responses: {
      202: { description: 'The erasure, or what is known that it covers.', body: acceptedErasure },
    },
    errors: ['not_found', 'invalid_state'],
  },
  listErasures: {
    ...erasures,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/erasures',
    summary: 'List erasures',
    description:
      'Returns erasures, newest first. Without `tenantId`, a key for all tenants gets those of all tenants.',
    query: z.strictObject({
      ...pageQuery,
      status: erasureStatus.optional(),
      tenantId: listedTenant.optional(),
    }),
    responses: { 200: { description: 'A page of erasures.', body: pageOf(erasure, 'ErasurePage') } },
    errors: ['not_found'],
  },
  getErasure: {
    ...erasures,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/erasures/:id',
    summary: 'Get an erasure',
    description: 'Returns an erasure and its progress.',
    params: idParams('erasure'),
    responses: { 200: { description: 'The erasure.', body: erasure } },
  },
} as const satisfies Record<string, RouteDefinition>;
