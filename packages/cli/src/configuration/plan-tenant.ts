import type { components, Posthorn } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import {
  comparableAuthorities,
  comparableCertificate,
  requestedCertificate,
  type ShownCertificates,
} from './certificates.js';
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
  const { webhooks: _webhooks, egress: _egress, clientCertificate, caCertificates, ...settings } = tenant;
  const change = { kind: 'tenant', name: tenant.name } as const;
  if (before === undefined) {
    const certificates = {
      ...(clientCertificate && { clientCertificate: requestedCertificate(clientCertificate, env) }),
      ...(caCertificates !== undefined && { caCertificates }),
    };
    const create = async (api: Posthorn) => {
      const { name, externalId, contactEmail, ...others } = settings;
      target.id = (await api.tenants.create({ name, externalId, contactEmail })).id;
      await api.tenants.update(target.id, unchecked({ ...others, ...certificates }));
    };
    return [{ ...change, action: 'create', fields: [], apply: create }];
  }
  const {
    webhooks: _present,
    egress: _before,
    clientCertificate: oldCertificate,
    caCertificates: oldAuthorities,
    ...old
  } = before;
  const oldCertificates = { clientCertificate: oldCertificate, caCertificates: oldAuthorities };
  const fields = [
    ...differences(old, withoutDefaults(withSortedTags(settings), DEFAULTS_OF_TENANT)),
    ...differences(
      comparableCertificates(oldCertificates, read, {}),
      comparableCertificates(tenant, read, env),
    ),
  ];
  const isChanged = (name: string) => fields.some((field) => field.name === name);
  const body = {
    ...replacing(settings, old),
    quotas: replacing(settings.quotas ?? {}, old.quotas ?? {}),
    retention: replacing(settings.retention ?? {}, old.retention ?? {}),
    ...(isChanged('clientCertificate') && {
      clientCertificate: clientCertificate ? requestedCertificate(clientCertificate, env) : null,
    }),
    ...(isChanged('caCertificates') && { caCertificates: caCertificates ?? null }),
  };
  const update = (api: Posthorn) => api.tenants.update(idOf(target), unchecked(body));
  return fields.length === 0 ? [] : [{ ...change, action: 'update', fields, apply: update }];
}

const comparableCertificates = (
  { clientCertificate, caCertificates }: Pick<ConfiguredTenant, 'clientCertificate' | 'caCertificates'>,
  read: ShownCertificates | undefined,
  env: NodeJS.ProcessEnv,
) => ({
  ...(clientCertificate && {
    clientCertificate: comparableCertificate(clientCertificate, read?.clientCertificate, env),
  }),
  ...(caCertificates !== undefined && { caCertificates: comparableAuthorities(caCertificates) }),
});
