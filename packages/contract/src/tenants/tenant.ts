import { LOCALES, TENANT_STATUSES, type TenantQuotas } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { MAX_EVENT_BYTES } from '../values/messages.js';
import { certificates, certificateSettings } from '../connections/certificate.js';
import { deliveryFormat } from '../webhooks/delivery-format.js';
import { externalId } from '../values/external-id.js';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { tags } from '../values/resource-tags.js';
import { retention, retentionChanges } from '../values/retention.js';
import { text } from '../values/text.js';
import { timeZone } from '../values/time-zone.js';
import { metadata } from '../webhooks/webhook-settings.js';

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

export const tenantStatus = z.enum(TENANT_STATUSES).meta({
  id: 'TenantStatus',
  description:
    'Nothing is accepted for a tenant that is not `active`, and nothing is sent to its webhooks. A `deleted` one can be restored until ' +
    'its data is purged.',
});

export const tenant = z
  .strictObject({
    id: apiId('tenant'),
    name: z.string(),
    externalId: z.string().nullable().meta({ description: 'Your own id of the tenant.' }),
    contactEmail: z.string().nullable(),
    locale: locale.nullable(),
    timeZone: z.string().nullable(),
    tags: z.array(z.string()).nullable().meta({ description: 'Sorted. Keys of a tenant get null.' }),
    metadata: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Keys of a tenant get null.' }),
    quotas: tenantQuotas,
    retention,
    deliveryFormat: deliveryFormat.nullable().meta({
      description: 'The delivery format of its webhooks without their own. Null: the standard format.',
    }),
    ...certificates,
    status: tenantStatus,
    suspendedAt: timestamp
      .nullable()
      .meta({ description: 'When the tenant was suspended. Null if it was not.' }),
    suspendReason: z
      .string()
      .nullable()
      .meta({ description: 'Why the tenant was suspended. Null if it was not.' }),
    suspendedByName: z.string().nullable().meta({
      description: 'The name of the key that suspended the tenant, at that time. Keys of a tenant get null.',
    }),
    deletedAt: timestamp.nullable().meta({ description: 'When the tenant was deleted. Null if it is not.' }),
    purgeAt: timestamp.nullable().meta({
      description: 'When the data of the deleted tenant is purged. Until then it can be restored.',
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

export const suspendedTenant = tenantDetails
  .extend({
    droppedDeliveries: z.int().meta({
      description:
        'The number of pending deliveries that this call dropped. If there are too many for one call, the others are dropped in ' +
        'the background; none of them is sent.',
    }),
  })
  .meta({ id: 'SuspendedTenant' });

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

const zone = timeZone.nullable().meta({
  description: 'The IANA time zone of the times in emails to the tenant. Null: UTC.',
});

const ownTags = tags.nullish().meta({
  description: 'Your own tags, by which lists can be filtered. Replaced as a whole; null for none.',
});

const ownMetadata = metadata.meta({
  description: 'Your own data, at most 4096 bytes as JSON. Replaced as a whole; null for none.',
});

const defaultFormat = deliveryFormat.nullable().meta({
  description: 'How requests of its webhooks look without their own format. Default: the standard format.',
});

const ownId = externalId.nullable().meta({
  description:
    'Your own id of the tenant, which is unique. `ext:` and this id can be used in place of the `ten_…`.',
});

/** Of its webhooks without their own. */
const defaultCertificates = certificateSettings({ client: 'none', ca: 'the public ones' });

export const createTenantBody = z
  .strictObject({
    name,
    externalId: ownId.optional(),
    contactEmail: contactEmail.optional(),
    locale: language.optional(),
    timeZone: zone.optional(),
    tags: ownTags,
    metadata: ownMetadata,
    quotas: quotaChanges.optional(),
    retention: retentionChanges.optional(),
    deliveryFormat: defaultFormat.optional(),
    ...defaultCertificates,
  })
  .meta({ id: 'CreateTenant' });

export const putTenantBody = z
  .strictObject({
    name,
    contactEmail: contactEmail.optional(),
    locale: language.optional(),
    timeZone: zone.optional(),
    tags: ownTags,
    metadata: ownMetadata,
    quotas: quotaChanges.optional(),
    retention: retentionChanges.optional(),
    deliveryFormat: defaultFormat.optional(),
  })
  .meta({
    id: 'PutTenant',
    description:
      'All settings of the tenant: absent ones get their defaults, except the certificates, which stay.',
  });

export const updateTenantBody = z
  .strictObject({
    name,
    externalId: ownId,
    contactEmail,
    locale: language,
    timeZone: zone,
    tags: ownTags,
    metadata: ownMetadata,
    quotas: quotaChanges,
    retention: retentionChanges,
    deliveryFormat: defaultFormat,
    ...defaultCertificates,
  })
  .partial()
  .meta({ id: 'UpdateTenant' });

export const suspendTenantBody = z
  .strictObject({
    reason: text(500).min(1).default('manual').meta({
      description: 'Why the tenant is suspended. Shown with the tenant and in the audit log.',
    }),
  })
  .meta({ id: 'SuspendTenant' });

export const reactivateTenantBody = z
  .strictObject({
    reason: text(500)
      .optional()
      .meta({ description: 'Why the tenant is reactivated. Shown in the audit log.' }),
  })
  .meta({ id: 'ReactivateTenant' });
