import type { UseFormReturnType } from '@mantine/form';
import { changedFields } from '../../api/changed-fields.js';
import { readJsonObject, writeJson } from '../../components/json-field.js';
import type { components } from '../../generated/api.js';
import { TENANT_SETTINGS } from '../../generated/settings.js';
import { settingFields, type SettingFields, settingValues } from '../../settings/setting-fields.js';
import type { TenantDetails } from './tenant.js';

type TenantUpdate = components['schemas']['UpdateTenant'];

/** A setting that has one value, which is not converted. */
export type TenantSetting = keyof typeof TENANT_SETTINGS;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
export const TENANT_COLUMNS = Object.keys(TENANT_SETTINGS) as TenantSetting[];

export type QuotaName = keyof TenantDetails['quotas'];

export const QUOTAS = ['webhooks', 'apiKeys', 'portalLinks', 'eventsPerSecond', 'eventBytes'] as const;

/** Field names match the API, so that its errors map to fields. */
export interface TenantFormValues extends SettingFields<typeof TENANT_SETTINGS, TenantDetails> {
  name: string;
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
  ...TENANT_COLUMNS,
  'deliveryFormat',
  'retention.payloadDays',
  'retention.historyDays',
  ...QUOTAS.map((name) => `quotas.${name}`),
];

export const toFormValues = (tenant: TenantDetails): TenantFormValues => ({
  ...settingFields<typeof TENANT_SETTINGS, TenantDetails>(TENANT_SETTINGS, tenant),
  name: tenant.name,
  quotas: mapQuotas(tenant.quotas, (quota) => quota ?? ''),
  retention: {
    payloadDays: tenant.retention.payloadDays ?? '',
    historyDays: tenant.retention.historyDays ?? '',
  },
  deliveryFormat: writeJson(tenant.deliveryFormat),
});

/** Returns the request body for the values that were changed. */
export function toChanges(values: TenantFormValues, before: TenantFormValues): TenantUpdate {
  return {
    ...changedFields(toSettings(values), toSettings(before)),
    quotas: changedFields(mapQuotas(values.quotas, toQuota), mapQuotas(before.quotas, toQuota)),
  };
}

const toSettings = (values: TenantFormValues) => ({
  name: values.name.trim(),
  ...settingValues<TenantUpdate>(TENANT_SETTINGS, values),
  retention: {
    payloadDays: toQuota(values.retention.payloadDays),
    historyDays: toQuota(values.retention.historyDays),
  },
  deliveryFormat: readJsonObject(values.deliveryFormat) ?? null,
});

const toQuota = (input: number | string) => (input === '' ? null : Number(input));

function mapQuotas<From, To>(quotas: Record<QuotaName, From>, map: (quota: From) => To) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  return Object.fromEntries(QUOTAS.map((name) => [name, map(quotas[name])])) as Record<QuotaName, To>;
}
