import { LOCALES } from '@posthorn/core';
import { z } from 'zod';
import { certificates, certificateSettings } from '../connections/certificate.js';
import { emailAddress } from '../values/email-address.js';
import { externalId } from '../values/external-id.js';
import { metadata } from '../values/metadata.js';
import { tags } from '../values/resource-tags.js';
import { NO_RETENTION, retention, retentionChanges } from '../values/retention.js';
import {
  column,
  converted,
  type ConvertedSettingOf,
  type RequestedSettingsOf,
  type SettingOf,
  settingsTable,
} from '../values/settings-table.js';
import { timeZone } from '../values/time-zone.js';
import { deliveryFormat } from '../webhooks/delivery-format.js';
import { NO_QUOTAS, quotaChanges, tenantQuotas } from './tenant-quotas.js';

const locale = z.enum(LOCALES).meta({ id: 'Locale' });

/** Of its webhooks without their own. */
const requestedCertificates = certificateSettings({ client: 'none', ca: 'the public ones' });

/** The settings of tenants. Whatever lists them derives from this table, as for webhooks. */
export const TENANT_SETTINGS = settingsTable({
  externalId: column({
    input: externalId
      .nullable()
      .meta({
        description:
          'Your own id of the tenant, which is unique. `ext:` and this id can be used in place of the `ten_…`.',
      })
      .optional(),
    shown: z.string().nullable().meta({ description: 'Your own id of the tenant.' }),
    default: null,
    staysAtPut: true,
    kind: 'text',
    label: 'External ID',
    hint: 'Your own ID of the tenant, for API calls.',
  }),
  contactEmail: column({
    input: emailAddress
      .nullable()
      .meta({
        description:
          'Whom to contact about the tenant. Gets emails about its webhooks until one of its recipients is confirmed.',
      })
      .optional(),
    shown: z.string().nullable(),
    default: null,
    kind: 'text',
    label: 'Contact email',
    hint: 'Whom to contact about the tenant.',
  }),
  locale: column({
    input: locale.nullable().meta({ description: 'The language of emails. Null: English.' }).optional(),
    shown: locale.nullable(),
    default: null,
    kind: 'choice',
    label: 'Language of emails',
    hint: 'Default: English.',
    choices: { en: 'English', de: 'German', fr: 'French', es: 'Spanish', ja: 'Japanese' },
  }),
  timeZone: column({
    input: timeZone
      .nullable()
      .meta({ description: 'The IANA time zone of the times in emails to the tenant. Null: UTC.' })
      .optional(),
    shown: z.string().nullable(),
    default: null,
    kind: 'text',
    label: 'Time zone of emails',
    hint: 'Such as Europe/Berlin. Default: UTC.',
  }),
  tags: column({
    input: tags.nullish().meta({
      description: 'Your own tags, by which lists can be filtered. Replaced as a whole; null for none.',
    }),
    shown: z.array(z.string()).nullable().meta({ description: 'Sorted. Keys of a tenant get null.' }),
    default: [],
    kind: 'list',
    label: 'Tags',
    hint: 'Your own labels, to filter lists. Letters, digits, and - _ . :',
  }),
  metadata: column({
    input: metadata.meta({
      description: 'Your own data, at most 4096 bytes as JSON. Replaced as a whole; null for none.',
    }),
    shown: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Keys of a tenant get null.' }),
    default: {},
    kind: 'json',
    label: 'Metadata',
    hint: 'Your own data as a JSON object.',
  }),
  quotas: converted({ input: quotaChanges.optional(), shown: tenantQuotas, default: NO_QUOTAS }),
  retention: converted({ input: retentionChanges.optional(), shown: retention, default: NO_RETENTION }),
  deliveryFormat: converted({
    input: deliveryFormat
      .nullable()
      .meta({
        description:
          'How requests of its webhooks look without their own format. Default: the standard format.',
      })
      .optional(),
    shown: deliveryFormat.nullable().meta({
      description: 'The delivery format of its webhooks without their own. Null: the standard format.',
    }),
    default: null,
  }),
  clientCertificate: converted({
    input: requestedCertificates.clientCertificate,
    shown: certificates.clientCertificate,
    default: null,
    staysAtPut: true,
  }),
  caCertificates: converted({
    input: requestedCertificates.caCertificates,
    shown: certificates.caCertificates,
    default: null,
    staysAtPut: true,
  }),
});

type Settings = typeof TENANT_SETTINGS;

export type TenantSetting = SettingOf<Settings>;
export type ConvertedTenantSetting = ConvertedSettingOf<Settings>;
export type RequestedTenantSettings = RequestedSettingsOf<Settings>;
