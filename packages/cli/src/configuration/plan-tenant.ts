import type { components, Posthorn } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import { HIDDEN_CERTIFICATES } from './certificates.js';
import { changedHidden, comparableHidden, requestedHidden } from './hidden-settings.js';
import {
  differences,
  idOf,
  type PlannedChange,
  replacing,
  type Target,
  withSortedTags,
} from './planned-change.js';
import { DEFAULTS_OF_TENANT, withoutDefaults } from './read-current.js';
import type { ConfiguredTenant } from './schema.js';

interface WantedTenant {
  tenant: ConfiguredTenant;
  before: ConfiguredTenant | undefined;
  /** As the API returned it. */
  read: components['schemas']['Tenant'] | undefined;
  target: Target;
  env: NodeJS.ProcessEnv;
}

/** @throws UsageError if the variable of a certificate is not set */
export function planTenant({ tenant, before, read, target, env }: WantedTenant): PlannedChange[] {
  const settings = settingsOf(tenant);
  const change = { kind: 'tenant', name: tenant.name } as const;
  if (before === undefined) {
    const certificates = requestedHidden(tenant, HIDDEN_CERTIFICATES, env);
    const create = async (api: Posthorn) => {
      const { name, externalId, contactEmail, ...others } = settings;
      target.id = (await api.tenants.create({ name, externalId, contactEmail })).id;
      await api.tenants.update(target.id, unchecked({ ...others, ...certificates }));
    };
    return [{ ...change, action: 'create', fields: [], apply: create }];
  }
  const old = settingsOf(before);
  const fields = [
    ...differences(old, withoutDefaults(withSortedTags(settings), DEFAULTS_OF_TENANT)),
    ...differences(
      comparableHidden(before, HIDDEN_CERTIFICATES, { read, env: {} }),
      comparableHidden(tenant, HIDDEN_CERTIFICATES, { read, env }),
    ),
  ];
  if (fields.length === 0) return [];
  const body = {
    ...replacing(settings, old),
    quotas: replacing(settings.quotas ?? {}, old.quotas ?? {}),
    retention: replacing(settings.retention ?? {}, old.retention ?? {}),
    ...changedHidden(tenant, HIDDEN_CERTIFICATES, { fields, env }),
  };
  const update = (api: Posthorn) => api.tenants.update(idOf(target), unchecked(body));
  return [{ ...change, action: 'update', fields, apply: update }];
}

/** Returns the settings that are compared and set as they are. */
function settingsOf(tenant: ConfiguredTenant) {
  const {
    webhooks: _webhooks,
    egress: _egress,
    clientCertificate: _certificate,
    caCertificates: _authorities,
    ...settings
  } = tenant;
  return settings;
}
