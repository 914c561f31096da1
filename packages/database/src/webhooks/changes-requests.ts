import { isDeepStrictEqual } from 'node:util';
import { liveSecrets, type RequestSetting, type SealedSecret } from '@posthorn/core';
import type { Tenant as TenantRow } from '../generated/client.js';
import type { WebhookRecord } from './webhook-record.js';

/** Where a setting that requests depend on stands in the record of a webhook. Null: only its tenant has it. */
const OF_WEBHOOK: Readonly<Record<RequestSetting, keyof WebhookRecord | null>> = {
  url: 'url',
  secrets: 'secrets',
  headersSealed: 'headersSealed',
  authSealed: 'authSealed',
  clientCertificateId: 'clientCertificateId',
  caCertificatesId: 'caCertificatesId',
  proxySealed: 'proxySealed',
  tenantProxySealed: null,
  privateNetworks: null,
  // A format that a call sets is another object, also if it is equal.
  formatId: 'deliveryFormat',
  headersApprovedOrigin: 'headersApprovedOrigin',
};

/** Where it stands in the row of a tenant. Null: only a webhook has it. */
const OF_TENANT: Readonly<Record<RequestSetting, keyof TenantRow | null>> = {
  url: null,
  secrets: null,
  headersSealed: null,
  authSealed: null,
  clientCertificateId: 'clientCertificateId',
  caCertificatesId: 'caCertificatesId',
  proxySealed: null,
  tenantProxySealed: 'proxySealed',
  privateNetworks: 'privateNetworks',
  formatId: 'formatId',
  headersApprovedOrigin: null,
};

const fieldsOf = <Field>(table: Readonly<Record<string, Field | null>>): readonly Field[] =>
  Object.values(table).flatMap((field) => field ?? []);

const WEBHOOK_FIELDS = fieldsOf(OF_WEBHOOK);
const TENANT_FIELDS = fieldsOf(OF_TENANT);

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
