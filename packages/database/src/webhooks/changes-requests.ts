import { isDeepStrictEqual } from 'node:util';
import { liveSecrets, REQUEST_SETTINGS, type RequestSetting, type SealedSecret } from '@posthorn/core';
import type { Tenant as TenantRow } from '../generated/client.js';
import type { WebhookRecord } from './webhook-record.js';

interface Place {
  /** The field of the record of a webhook. Null: only its tenant has the setting. */
  webhook: keyof WebhookRecord | null;
  /** The field of the row of a tenant. Null: only a webhook has the setting. */
  tenant: keyof TenantRow | null;
}

/** A setting that only webhooks have, in the field of its name. */
type OfWebhook = Exclude<RequestSetting & keyof WebhookRecord, keyof TenantRow>;

/** Where the other settings that requests depend on are stored. */
const PLACES: Readonly<Record<Exclude<RequestSetting, OfWebhook>, Place>> = {
  clientCertificateId: { webhook: 'clientCertificateId', tenant: 'clientCertificateId' },
  caCertificatesId: { webhook: 'caCertificatesId', tenant: 'caCertificatesId' },
  proxySealed: { webhook: 'proxySealed', tenant: null },
  tenantProxySealed: { webhook: null, tenant: 'proxySealed' },
  privateNetworks: { webhook: null, tenant: 'privateNetworks' },
  // A format that a call sets is another object, also if it is equal.
  formatId: { webhook: 'deliveryFormat', tenant: 'formatId' },
};

const isOfWebhook = (name: RequestSetting): name is OfWebhook => !(name in PLACES);

const WEBHOOK_FIELDS = REQUEST_SETTINGS.flatMap((name) =>
  isOfWebhook(name) ? name : (PLACES[name].webhook ?? []),
);
const TENANT_FIELDS = Object.values(PLACES).flatMap(({ tenant }) => tenant ?? []);

/** Returns whether a change of a webhook replaces something that requests depend on. A secret that is added replaces none. */
export function changesRequestsOfWebhook(before: WebhookRecord, after: WebhookRecord, now: Date): boolean {
  return WEBHOOK_FIELDS.some((field) =>
    field === 'secrets' ? endsSecrets(before, after, now) : before[field] !== after[field],
  );
}

/** Returns whether a change of a tenant replaces something that requests to its webhooks depend on. */
export function changesRequestsOfTenant(before: TenantRow, after: TenantRow): boolean {
  return TENANT_FIELDS.some((field) => !isDeepStrictEqual(before[field], after[field]));
}

function endsSecrets(before: Secrets, after: Secrets, now: Date): boolean {
  const kept = new Set(after.secrets.map(({ id }) => id));
  return liveSecrets(before.secrets, now).some(({ id }) => !kept.has(id));
}

type Secrets = { secrets: readonly SealedSecret[] };
