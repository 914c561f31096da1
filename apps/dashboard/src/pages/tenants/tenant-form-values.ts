import type { UseFormReturnType } from '@mantine/form';
import { changedFields } from '../../api/changed-fields.js';
import type { components } from '../../generated/api.js';
import { readJsonObject, writeJson } from '../event-types/json-field.js';
import { isLanguage } from './languages.js';
import type { TenantDetails } from './tenant.js';

type TenantUpdate = components['schemas']['UpdateTenant'];

export type QuotaName = keyof TenantDetails['quotas'];

export const QUOTAS = ['webhooks', 'apiKeys', 'portalLinks', 'eventsPerSecond', 'eventBytes'] as const;

/** Field names match the API, so that its errors map to fields. */
export interface TenantFormValues {
  name: string;
  /** Empty for none. */
  externalId: string;
  contactEmail: string;
  locale: string | null;
  timeZone: string | null;
  tags: string[];
  /** JSON; empty for none. */
  metadata: string;
  /** An empty input means the default of the installation. */
  quotas: Record<QuotaName, number | string>;
  /** An empty input means the retention of the installation. */
  retention: Record<'payloadDays' | 'historyDays', number | string>;
  /** JSON; empty for the standard format. */
  deliveryFormat: string;
}

export type TenantForm = UseFormReturnType<TenantFormValues>;

export const FIELDS = [
  'name',
  'externalId',
  'contactEmail',
  'locale',
  'timeZone',
  'tags',
  'metadata',
  'deliveryFormat',
  'retention.payloadDays',
  'retention.historyDays',
  ...QUOTAS.map((name) => `quotas.${name}`),
];

export function toFormValues(tenant: TenantDetails): TenantFormValues {
  const { name, externalId, contactEmail, locale, timeZone, tags, metadata, deliveryFormat } = tenant;
  return {
    name,
    externalId: externalId ?? '',
    contactEmail: contactEmail ?? '',
    locale,
    timeZone,
    tags: tags ?? [],
    metadata: Object.keys(metadata ?? {}).length === 0 ? '' : writeJson(metadata),
    quotas: mapQuotas(tenant.quotas, (quota) => quota ?? ''),
    retention: {
      payloadDays: tenant.retention.payloadDays ?? '',
      historyDays: tenant.retention.historyDays ?? '',
    },
    deliveryFormat: writeJson(deliveryFormat),
  };
}

/** Returns the request body for the values that were changed. */
export function toChanges(values: TenantFormValues, before: TenantFormValues): TenantUpdate {
  return {
    ...changedFields(toSettings(values), toSettings(before)),
    quotas: changedFields(mapQuotas(values.quotas, toQuota), mapQuotas(before.quotas, toQuota)),
  };
}

function toSettings(values: TenantFormValues) {
  const { name, externalId, contactEmail, locale, timeZone, tags, metadata } = values;
  return {
    name: name.trim(),
    externalId: externalId.trim() || null,
    contactEmail: contactEmail.trim() || null,
    locale: isLanguage(locale) ? locale : null,
    timeZone,
    tags,
    metadata: readJsonObject(metadata) ?? null,
    retention: {
      payloadDays: toQuota(values.retention.payloadDays),
      historyDays: toQuota(values.retention.historyDays),
    },
    deliveryFormat: readJsonObject(values.deliveryFormat) ?? null,
  };
}

const toQuota = (input: number | string) => (input === '' ? null : Number(input));

function mapQuotas<From, To>(quotas: Record<QuotaName, From>, map: (quota: From) => To) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  return Object.fromEntries(QUOTAS.map((name) => [name, map(quotas[name])])) as Record<QuotaName, To>;
}
