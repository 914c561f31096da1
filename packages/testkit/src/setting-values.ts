// A value of each setting, and a webhook with the default of each. A setting without one here does not compile.
import type {
  EVENT_TYPE_SETTINGS,
  RequestedSettingsOf,
  SettingOf,
  SettingsTable,
  TENANT_SETTINGS,
  WEBHOOK_SETTINGS,
} from '@posthorn/contract';
import type { RequestWebhook } from '@posthorn/core';
import { createAuthority } from './certificates.js';

const { ca, issue } = createAuthority('Authority');
const client = issue('posthorn.example');

/** Another value than the default, of each setting. */
type Values<Table extends SettingsTable> = Required<{
  [Name in SettingOf<Table>]: NonNullable<RequestedSettingsOf<Table>[Name]>;
}>;

const certificates = {
  clientCertificate: { certificate: client.cert, privateKey: client.key },
  caCertificates: ca,
};

export const OF_WEBHOOK: Values<typeof WEBHOOK_SETTINGS> = {
  externalId: 'other',
  description: 'Orders',
  headers: { 'x-team': 'orders' },
  auth: { type: 'basic', username: 'posthorn', password: 'secret' },
  deliveryFormat: { body: 'data' },
  tags: ['orders'],
  metadata: { customer: '4711' },
  retrySchedule: [5],
  timeoutMs: 2000,
  filter: { required: ['amount'] },
  rateLimit: { limit: 5, perSeconds: 10 },
  maxInFlight: 7,
  autoSuspendAfterDays: 6,
  ordering: 'strict',
  onExhausted: 'block',
  maxBlockedMinutes: 60,
  sequence: true,
  ...certificates,
};

export const OF_TENANT: Values<typeof TENANT_SETTINGS> = {
  externalId: 'other',
  contactEmail: 'ops@customer.example',
  locale: 'de',
  timeZone: 'Europe/Berlin',
  tags: ['enterprise'],
  metadata: { plan: 'large' },
  quotas: { webhooks: 5 },
  retention: { payloadDays: 3 },
  deliveryFormat: { body: 'data' },
  ...certificates,
};

export const OF_EVENT_TYPE: Values<typeof EVENT_TYPE_SETTINGS> = {
  description: 'An invoice was paid',
  group: 'Invoices',
  schema: { type: 'object' },
  example: { id: 'in_1' },
  searchKeys: ['/id'],
  orderingPointer: '/id',
  redact: ['/card'],
  retention: { payloadDays: 3 },
};

/** An active webhook without settings of its own, as requests read it. */
export const REQUEST_WEBHOOK: RequestWebhook = {
  id: '0197a000-0000-7000-8000-000000000001',
  version: '700',
  tenantId: '0197a000-0000-7000-8000-000000000004',
  tenantStatus: 'active',
  tenantEpoch: 0,
  status: 'active',
  epoch: 0,
  resumedEpoch: 0,
  sentFromEpoch: 0,
  url: 'https://receiver.example/hook',
  secrets: [],
  headersSealed: null,
  authSealed: null,
  clientCertificateId: null,
  caCertificatesId: null,
  proxySealed: null,
  tenantProxySealed: null,
  privateNetworks: [],
  formatId: null,
  retrySchedule: null,
  timeoutMs: 10_000,
  rateLimit: null,
  maxInFlight: 100,
  onExhausted: 'skip',
  maxBlockedMinutes: 4320,
  validatedAt: new Date(0),
  isSlow: false,
  failingSince: null,
};
