import { LOCALES, type TenantQuotas } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../rule.js';
import { MAX_EVENT_BYTES } from '../messages.js';
import { deliveryFormat } from './delivery-format.js';
import { externalId } from './external-id.js';
import { apiId } from './ids.js';
import { timestamp } from './lists.js';
import { text } from './text.js';

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

const tenantQuotas = z.strictObject(quotas).meta({
  id: 'TenantQuotas',
  description: 'The quotas set for the tenant. Null: the default of the installation applies.',
});

const quotaChanges = z.strictObject(quotas).partial().meta({
  id: 'TenantQuotaChanges',
  description: 'The quotas to set. Null resets a quota to the default of the installation.',
});

const effectiveQuotas = z
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

const usage = z
  .strictObject({ webhooks: z.int(), apiKeys: z.int(), portalLinks: z.int() })
  .meta({ id: 'TenantUsage', description: 'How much of its quotas the tenant uses.' });

const locale = z.enum(LOCALES).meta({ id: 'Locale' });

export const tenant = z
  .strictObject({
    id: apiId('tenant'),
    name: z.string(),
    externalId: z.string().nullable().meta({ description: 'Your own id of the tenant.' }),
    contactEmail: z.string().nullable(),
    locale: locale.nullable(),
    quotas: tenantQuotas,
    deliveryFormat: deliveryFormat.nullable().meta({
      description: 'The delivery format of its webhooks without their own. Null: the standard format.',
    }),
    createdAt: timestamp,
  })
  .meta({ id: 'Tenant' });

export const tenantDetails = tenant
  .extend({
    effectiveQuotas,
    defaultQuotas: effectiveQuotas.meta({
      id: 'DefaultQuotas',
      description: 'The quotas of tenants without their own.',
    }),
    usage,
  })
  .meta({ id: 'TenantDetails' });

export type TenantResponse = z.input<typeof tenant>;
export type TenantDetailsResponse = z.input<typeof tenantDetails>;

/** JSON Schema has no trimming, so the pattern asks for a character that remains. */
const name = text(100)
  .trim()
  .min(1)
  .meta({ pattern: String.raw`^[^\u0000]*[^\s\u0000][^\u0000]*$` });
/** An email address. */
export const emailAddress = z
  .email()
  .max(254)
  .regex(/^[^@]{1,64}@/, rule('long_local_part', { max: 64 }))
  .meta({ example: 'ops@customer.example' });

const contactEmail = emailAddress.nullable().meta({
  description:
    'Whom to contact about the tenant. Gets emails about its webhooks until one of its recipients is confirmed.',
});

const language = locale.nullable().meta({ description: 'The language of emails. Null: English.' });

const defaultFormat = deliveryFormat.nullable().meta({
  description: 'How requests of its webhooks look without their own format. Default: the standard format.',
});

const ownId = externalId.nullable().meta({
  description:
    'Your own id of the tenant, which is unique. `ext:` and this id can be used in place of the `ten_…`.',
});

export const createTenantBody = z
  .strictObject({
    name,
    externalId: ownId.optional(),
    contactEmail: contactEmail.optional(),
    locale: language.optional(),
    quotas: quotaChanges.optional(),
    deliveryFormat: defaultFormat.optional(),
  })
  .meta({ id: 'CreateTenant' });

export const putTenantBody = z
  .strictObject({
    name,
    contactEmail: contactEmail.optional(),
    locale: language.optional(),
    quotas: quotaChanges.optional(),
    deliveryFormat: defaultFormat.optional(),
  })
  .meta({ id: 'PutTenant', description: 'All settings of the tenant: absent ones get their defaults.' });

export const updateTenantBody = z
  .strictObject({
    name,
    externalId: ownId,
    contactEmail,
    locale: language,
    quotas: quotaChanges,
    deliveryFormat: defaultFormat,
  })
  .partial()
  .meta({ id: 'UpdateTenant' });
