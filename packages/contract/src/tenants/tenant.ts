import { TENANT_STATUSES } from '@posthorn/core';
import { z } from 'zod';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { text } from '../values/text.js';
import { effectiveQuotas } from './tenant-quotas.js';
import { TENANT_SETTINGS } from './tenant-settings.js';

const usage = z
  .strictObject({ webhooks: z.int(), apiKeys: z.int(), portalLinks: z.int() })
  .meta({ id: 'TenantUsage', description: 'How much of its quotas the tenant uses.' });

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
    ...TENANT_SETTINGS.shown,
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

export const createTenantBody = z
  .strictObject({ name, ...TENANT_SETTINGS.inputs })
  .meta({ id: 'CreateTenant' });

export const putTenantBody = z.strictObject({ name, ...TENANT_SETTINGS.replacedInputs }).meta({
  id: 'PutTenant',
  description:
    'All settings of the tenant: absent ones get their defaults, except the certificates, which stay.',
});

export const updateTenantBody = z
  .strictObject({ name: name.optional(), ...TENANT_SETTINGS.inputs })
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
