import {
  requestedColumns,
  type RequestedTenantSettings,
  settingColumns,
  TENANT_SETTINGS,
  type TenantSetting,
} from '@posthorn/contract';
import { quotasOf } from '@posthorn/database/tenancy/prisma';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import { serializeCertificates } from '../certificates/serialize-certificates.js';
import { newCertificates } from '../certificates/set-certificates.js';
import { tagOf } from '../http/entity-tag.js';
import type { TenantDeps } from './deps.js';
import { requestedRetention } from './retention.js';

/** Returns the settings of a tenant, as responses show them. */
export const settingValues = (tenant: Tenant) =>
  ({
    ...settingColumns(TENANT_SETTINGS, tenant),
    quotas: quotasOf(tenant),
    retention: { payloadDays: tenant.payloadDays, historyDays: tenant.historyDays },
    deliveryFormat: tenant.deliveryFormat,
    ...serializeCertificates(tenant),
  }) satisfies Record<TenantSetting, unknown>;

/** Converts the settings of a request to their stored form. @throws PosthornError if the retention or a certificate is invalid */
export const storedSettings = (
  { name, ...requested }: RequestedTenantSettings & { name?: string | undefined },
  deps: Pick<TenantDeps, 'sealer' | 'payloadRetentionDays' | 'retentionDays'>,
) => ({
  ...(name !== undefined && { name }),
  ...requestedColumns(TENANT_SETTINGS, requested),
  ...requestedRetention(requested.retention, deps),
  ...(requested.quotas && { quotas: requested.quotas }),
  ...(requested.deliveryFormat !== undefined && { deliveryFormat: requested.deliveryFormat }),
  certificates: newCertificates(requested, deps.sealer),
});

/** Returns the entity tag of a tenant, which covers its settings and its status. */
export function tenantTag(tenant: Tenant): string {
  const { retention, ...settings } = settingValues(tenant);
  const { name, clientCertificate, caCertificates, status, epoch } = tenant;
  return tagOf({ name, ...settings, ...retention, clientCertificate, caCertificates, status, epoch });
}
