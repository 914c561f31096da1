import type { TenantQuotas } from '@posthorn/core';
import { z } from 'zod';
import { MAX_EVENT_BYTES } from '../values/messages.js';

/** Maximum of a quota, except for the size of an event. */
export const MAX_QUOTA = 1_000_000;

const count = z.int().min(0).max(MAX_QUOTA);

const quotas = {
  webhooks: count.nullable().meta({ description: 'The number of webhooks. Deleted webhooks do not count.' }),
  apiKeys: count.nullable().meta({
    description: 'The number of API keys of the tenant. Expired and revoked keys do not count.',
  }),
  portalLinks: count
    .nullable()
    .meta({ description: 'The number of portal links. Expired and revoked links do not count.' }),
  eventsPerSecond: z
    .int()
    .min(1)
    .max(MAX_QUOTA)
    .nullable()
    .meta({
      description:
        'The number of events published per second. Calls over the rate get 429 `quota_exceeded`; pushes to Redis over the rate ' +
        'are delayed.',
    }),
  eventBytes: z.int().min(1).max(MAX_EVENT_BYTES).nullable().meta({
    description: 'The size of an event, as the JSON body sent to receivers, in bytes.',
  }),
} satisfies Record<keyof TenantQuotas, z.ZodType>;

export const tenantQuotas = z.strictObject(quotas).meta({
  id: 'TenantQuotas',
  description: 'The quotas set for the tenant. Null: the default of the installation applies.',
});

export const quotaChanges = z.strictObject(quotas).partial().meta({
  id: 'TenantQuotaChanges',
  description: 'The quotas to set. Null resets a quota to the default of the installation.',
});

export const effectiveQuotas = z
  .strictObject({
    webhooks: z.int(),
    apiKeys: z.int(),
    portalLinks: z.int(),
    eventsPerSecond: z.int().nullable().meta({ description: 'Null if the rate is not limited.' }),
    eventBytes: z.int(),
  })
  .meta({
    id: 'EffectiveQuotas',
    description: 'The quotas that apply to the tenant: its own, and the defaults of the installation.',
  });

/** A tenant without its own quotas. */
export const NO_QUOTAS = {
  webhooks: null,
  apiKeys: null,
  portalLinks: null,
  eventsPerSecond: null,
  eventBytes: null,
} satisfies Record<keyof TenantQuotas, null>;
